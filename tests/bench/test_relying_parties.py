"""What the bench sends is what the specifications ask for."""

from urllib.parse import parse_qs

from joserfc import jwt

from bench.relying_parties import Client, Provider, make_proof, pushed_request, token_request

PROVIDER = Provider(
    8000,
    {
        "issuer": "http://localhost:8000",
        "token_endpoint": "http://localhost:8000/oidc/token",
        "userinfo_endpoint": "http://localhost:8000/oidc/userinfo",
        "pushed_authorization_request_endpoint": "http://localhost:8000/oidc/par",
    },
    nonce="n-1",
)


class TestTokenRequest:
    def test_has_an_assertion_and_a_proof_of_its_own(self) -> None:
        client = Client("fapi-0", "fapi")
        requests = [
            token_request(PROVIDER, client, {"grant_type": "client_credentials"}, with_proof=True) for _ in range(2)
        ]
        told = [jwt.decode(parse_qs(body.decode())["client_assertion"][0], client.key) for _, _, body, _ in requests]
        assert {one.claims["aud"] for one in told} == {"http://localhost:8000"}
        assert told[0].claims["jti"] != told[1].claims["jti"]
        proofs = [jwt.decode(headers["DPoP"], client.key).claims for _, _, _, headers in requests]
        assert [(proof["htm"], proof["htu"], proof["nonce"]) for proof in proofs] == [
            ("POST", "http://localhost:8000/oidc/token", "n-1")
        ] * 2
        assert proofs[0]["jti"] != proofs[1]["jti"]


class TestPushedRequest:
    def test_goes_to_its_endpoint_with_pkce(self) -> None:
        method, path, body, headers = pushed_request(PROVIDER, Client("offline-0", "offline"))
        form = parse_qs(body.decode())
        assert (method, path, "DPoP" in headers) == ("POST", "/oidc/par", False)
        assert (form["code_challenge_method"], form["scope"]) == (["S256"], ["openid profile offline_access"])


class TestMakeProof:
    def test_names_the_access_token_that_it_comes_with_and_holds_no_secret(self) -> None:
        client = Client("fapi-0", "fapi")
        proof = jwt.decode(make_proof(PROVIDER, client.key, "GET", "userinfo", access_token="token"), client.key)
        # The SHA-256 of "token", base64url without padding (RFC 9449, 4.2).
        assert proof.claims["ath"] == "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A"
        assert set(proof.header["jwk"]) == {"kty", "crv", "x", "y"}
