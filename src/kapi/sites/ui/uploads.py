"""Files in forms: none of ours is larger than a signature."""

from io import BytesIO
from typing import Any, Final

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

# One byte more than any page takes: what is longer is seen to be too long without being kept.
MOST_KEPT: Final = 65_536 + 1
MOST_READ: Final = 8 * 2**20


class OnlySmallFiles(FileUploadHandler):
    """Keep the beginning of a file in memory, nothing of it on disk, and hang up on who sends on and on."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        self._kept = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep what is left to be kept.

        :raises StopUpload: if far too much was sent already.
        """
        if start > MOST_READ:
            raise StopUpload(connection_reset=True)
        self._kept.write(raw_data[: MOST_KEPT - self._kept.tell()])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """Return what was kept."""
        size = self._kept.tell()
        self._kept.seek(0)
        return InMemoryUploadedFile(
            file=self._kept,
            field_name=self.field_name,
            name=self.file_name or "",
            content_type=self.content_type,
            size=size,
            charset=self.charset,
        )
