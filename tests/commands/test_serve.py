import gc

from kapi.commands.serve import _keep_what_is_loaded


class TestKeepWhatIsLoaded:
    def test_hides_from_the_collector_what_is_there_and_nothing_that_comes(self) -> None:
        loaded = [object()]
        try:
            _keep_what_is_loaded()
            made = [object()]
            tracked = {id(found) for found in gc.get_objects()}
            assert (id(loaded) in tracked, id(made) in tracked) == (False, True)
        finally:
            gc.unfreeze()
