// oidc-provider as it comes, configured as our gateway is for a client of the profile `fapi`. It hears one line of JSON
// (who the clients are), says one (that it listens), and ends with its input.
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const given = JSON.parse((await lines.next()).value)
const { default: Provider, interactionPolicy } = await import(given.library)

const algorithms = ['ES256', 'PS256', 'Ed25519', 'EdDSA']
const shared = 'openid profile identity_number offline_access'
const claims = {
  openid: ['sub'],
  profile: ['name', 'given_name', 'family_name'],
  birthdate: ['birthdate'],
  identity_number: ['identity_number'],
}
const person = { sub: 'deniz', name: 'Deniz Yılmaz', given_name: 'Deniz', family_name: 'Yılmaz', identity_number: '10000000146' }

const policy = interactionPolicy.base()
policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }))

const provider = new Provider(given.issuer, {
  clients: given.clients.map(({ id, jwks }) => ({
    client_id: id,
    jwks,
    redirect_uris: [given.redirect_uri],
    post_logout_redirect_uris: [given.post_logout_redirect_uri],
    token_endpoint_auth_method: 'private_key_jwt',
    id_token_signed_response_alg: 'ES256',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    response_modes: ['query'],
    scope: shared,
    dpop_bound_access_tokens: true,
    require_pushed_authorization_requests: true,
  })),
  jwks: { keys: [given.key] },
  scopes: ['openid', 'offline_access'],
  claims,
  responseTypes: ['code'],
  acrValues: given.acr_values,
  clockTolerance: given.clock_leeway_s,
  rotateRefreshToken: false, // FAPI 2.0, 5.3.2.1
  allowOmittingSingleRegisteredRedirectUri: false,
  enableHttpPostMethods: true,
  cookies: { keys: [randomBytes(16).toString('hex')], long: { sameSite: 'none' } },
  enabledJWA: {
    clientAuthSigningAlgValues: algorithms,
    dPoPSigningAlgValues: algorithms,
    idTokenSigningAlgValues: ['ES256'],
  },
  features: {
    fapi: { enabled: true, profile: '2.0' },
    pushedAuthorizationRequests: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    claimsParameter: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: { enabled: false },
  },
  routes: {
    authorization: '/oidc/authorize',
    pushed_authorization_request: '/oidc/par',
    token: '/oidc/token',
    userinfo: '/oidc/userinfo',
    jwks: '/oidc/jwks',
    end_session: '/oidc/end-session',
  },
  interactions: { policy, url: (_ctx, { uid }) => `/interaction/${uid}` },
  // What the person agreed to is remembered, and each code has a grant of its own.
  loadExistingGrant: async ({ oidc }) => {
    const { client, provider, session } = oidc
    const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId })
    grant.addOIDCScope(shared)
    grant.addOIDCClaims(Object.values(claims).flat())
    await grant.save()
    return grant
  },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => person }),
  // As short as ours; said here so that the library does not warn of its defaults.
  ttl: { AccessToken: 300, AuthorizationCode: 60, IdToken: 300, RefreshToken: 86400, Interaction: 1800, Session: 1800, Grant: 86400 },
})

// Whoever follows a redirect to here is the person, who signs in and agrees to what is asked.
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next()
  ctx.respond = false
  return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: person.sub }, consent: {} })
})

provider.listen(new URL(given.issuer).port, '127.0.0.1', () => process.stdout.write('listening\n'))
await lines.next()
process.exit(0)
