// A relying party made of openid-client as it comes. It speaks with the test in lines of JSON.
import { createInterface } from 'node:readline'
import { webcrypto } from 'node:crypto'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const hear = async () => JSON.parse((await lines.next()).value)
const say = (words) => process.stdout.write(JSON.stringify(words) + '\n')

const given = await hear()
const client = await import(given.library)
const key = await webcrypto.subtle.importKey(
  'jwk', given.key, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'],
)
const gateway = await client.discovery(
  new URL(given.issuer), given.client_id, {}, client.PrivateKeyJwt({ key, kid: given.key.kid }),
  { execute: [client.allowInsecureRequests] }, // plain http, on this machine
)

// Under `fapi` the request is pushed, and a key of its own is shown at every step.
const isFapi = given.profile === 'fapi'
const DPoP = isFapi ? client.getDPoPHandle(gateway, await client.randomDPoPKeyPair('ES256')) : undefined

// Go through the gateway once; `wish` is what this visit asks for beyond the usual.
const visit = async (wish) => {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const expectedNonce = client.randomNonce()
  const asked = {
    redirect_uri: given.redirect_uri,
    scope: 'openid profile identity_number',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    ...wish,
  }
  const begun = isFapi
    ? await client.buildAuthorizationUrlWithPAR(gateway, asked, { DPoP })
    : client.buildAuthorizationUrl(gateway, asked)
  say({ url: begun.href })
  const { callback } = await hear()
  const maxAge = Number(wish.max_age)
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, maxAge, idTokenExpected: true }
  return client.authorizationCodeGrant(gateway, new URL(callback), checks, undefined, { DPoP })
}

const first = (await visit({ max_age: '300' })).claims()
const tokens = await visit({ prompt: 'login', max_age: '0' })
const claims = tokens.claims()
const userinfo = await client.fetchUserInfo(gateway, tokens.access_token, claims.sub, { DPoP })
say({
  first,
  token_type: tokens.token_type,
  claims,
  userinfo,
  sign_out: client.buildEndSessionUrl(gateway, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: given.post_logout_redirect_uri,
    state: 'ciktim',
  }).href,
})

const { after } = await hear()
const failure = await client
  .fetchUserInfo(gateway, tokens.access_token, claims.sub, { DPoP })
  .catch((error) => error)
say({ after, status: failure.status ?? failure.cause?.status ?? 200 })
process.exit(0)
