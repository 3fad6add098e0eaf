// The peer of `kapi bench identity`: oidc-provider (npm), set up to do what the gateway does, in memory.
//
// argv: the port to listen on, and the path of a JSON file {clients: [{id, kind, jwks}], redirect_uri}. `kind` is
// `plain` (client credentials without DPoP), `fapi` (FAPI 2.0 Security Profile) or `offline` (that, and refresh tokens).
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { generateKeyPair, exportJWK } from "jose";
import { Provider } from "oidc-provider";

const [port, file] = process.argv.slice(2);
const { clients, redirect_uri: redirectUri } = JSON.parse(readFileSync(file, "utf8"));
const API = "https://api.example/api";

// The adapter that comes with it keeps 1,000 entries at most and walks all tokens of a grant for every new one; plain
// maps make it faster, so they are used. Nothing is forgotten: a run takes minutes.
const store = new Map();
const grants = new Map();

class InMemory {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload) {
    store.set(this.key(id), payload);
    if (this.model === "Session") store.set(`uid:${payload.uid}`, id);
    if (payload.grantId) {
      if (!grants.has(payload.grantId)) grants.set(payload.grantId, new Set());
      grants.get(payload.grantId).add(this.key(id));
    }
  }

  async find(id) {
    return store.get(this.key(id));
  }

  async findByUid(uid) {
    return this.find(store.get(`uid:${uid}`));
  }

  async consume(id) {
    store.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    store.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const key of grants.get(grantId) ?? []) store.delete(key);
    grants.delete(grantId);
  }
}

const { privateKey } = await generateKeyPair("ES256", { extractable: true });
const signingKey = { ...(await exportJWK(privateKey)), use: "sig", alg: "ES256", kid: "bench" };
const kinds = new Map(clients.map(({ id, kind }) => [id, kind]));
const salt = randomBytes(32);

const provider = new Provider(`http://localhost:${port}`, {
  adapter: InMemory,
  jwks: { keys: [signingKey] },
  cookies: { keys: [randomBytes(32).toString("hex")] },
  clients: clients.map(({ id, kind, jwks }) => ({
    client_id: id,
    jwks,
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: "ES256",
    id_token_signed_response_alg: "ES256",
    subject_type: "pairwise",
    grant_types:
      kind === "plain" ? ["client_credentials"] : ["authorization_code", "refresh_token", "client_credentials"],
    response_types: kind === "plain" ? [] : ["code"],
    redirect_uris: kind === "plain" ? [] : [redirectUri],
    dpop_bound_access_tokens: kind !== "plain",
    require_pushed_authorization_requests: kind !== "plain",
  })),
  clientAuthMethods: ["private_key_jwt"],
  enabledJWA: { clientAuthSigningAlgValues: ["ES256"], idTokenSigningAlgValues: ["ES256"], dPoPSigningAlgValues: ["ES256"] },
  subjectTypes: ["pairwise"],
  pairwiseIdentifier: (_ctx, accountId, client) =>
    createHmac("sha256", salt).update(`${client.sectorIdentifier}.${accountId}`).digest("base64url"),
  claims: { openid: ["sub"], profile: ["name", "given_name", "family_name"] },
  scopes: ["openid", "clients.read"],
  findAccount: (_ctx, accountId) => ({
    accountId,
    claims: () => ({ sub: accountId, name: "Deniz Yılmaz", given_name: "Deniz", family_name: "Yılmaz" }),
  }),
  issueRefreshToken: (_ctx, client) => kinds.get(client.clientId) === "offline",
  rotateRefreshToken: false,
  expiresWithSession: () => false,
  ttl: { AccessToken: 300, ClientCredentials: 300, AuthorizationCode: 60, IdToken: 300, RefreshToken: 7776000, Interaction: 600, Grant: 3600, Session: 3600 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    pushedAuthorizationRequests: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    fapi: {
      enabled: true,
      profile: (_ctx, client) => (client && kinds.get(client.clientId) !== "plain" ? "2.0" : undefined),
    },
    // Its userinfo endpoint takes opaque tokens only, so those of a code flow are opaque; a client's own are JWTs.
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx) => (ctx.oidc.params?.grant_type === "client_credentials" ? API : undefined),
      getResourceServerInfo: () => ({
        scope: "clients.read",
        audience: API,
        accessTokenTTL: 300,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});

// Whoever comes to sign in is somebody new, and agrees to everything.
let people = 0;
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/interaction/")) return next();
  const { params, grantId, session, prompt } = await provider.interactionDetails(ctx.req, ctx.res);
  const accountId = session?.accountId ?? `person-${people++}`;
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope("openid profile");
  const result = { consent: { grantId: await grant.save() } };
  if (prompt.name === "login") result.login = { accountId };
  ctx.respond = false;
  return provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: true });
});

provider.on("server_error", (_ctx, error) => console.error(error));
provider.listen(Number(port), "127.0.0.1");
