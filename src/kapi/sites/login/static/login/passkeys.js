// Shows the form for passkeys where the browser can use them, and fills it with what the device answers. It is an
// ordinary form: the gateway answers with a page. Without this module it stays hidden.

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));

function toText(buffer) {
  const signs = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(signs).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function readOptions(options) {
  const read = { ...options, challenge: toBytes(options.challenge) };
  if (options.user) read.user = { ...options.user, id: toBytes(options.user.id) };
  if (options.excludeCredentials) {
    read.excludeCredentials = options.excludeCredentials.map((known) => ({ ...known, id: toBytes(known.id) }));
  }
  return read;
}

function writeAnswer(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: toText(credential.rawId), type: credential.type, response });
}

async function ask(form) {
  const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  const publicKey = readOptions(await answer.json());
  return form.dataset.passkey === "create"
    ? navigator.credentials.create({ publicKey })
    : navigator.credentials.get({ publicKey });
}

function words(form, error) {
  if (error.name === "NotAllowedError" || error.name === "AbortError") return form.dataset.stopped;
  return error.name === "InvalidStateError" ? form.dataset.known : form.dataset.failed;
}

function begin(form) {
  const message = document.querySelector("[data-passkey-message]");
  let isAsking = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isAsking) return;
    isAsking = true;
    message.textContent = "";
    try {
      form.querySelector("[name=passkey]").value = writeAnswer(await ask(form));
      form.submit();
    } catch (error) {
      isAsking = false;
      message.textContent = words(form, error);
    }
  });
  form.hidden = false;
  document.querySelectorAll("[data-with-passkeys]").forEach((part) => { part.hidden = false; });
  document.querySelectorAll("[data-without-passkeys]").forEach((part) => { part.hidden = true; });
}

if (window.isSecureContext && window.PublicKeyCredential) begin(document.querySelector("form[data-passkey]"));
