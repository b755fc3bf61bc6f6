// How things stand, from the API alone. Every text is set as text, never as markup.
"use strict";

const find = (id) => document.getElementById(id);

function say(text) {
  find("who").textContent = text;
}

async function ask(method, path, body) {
  const headers = { accept: "application/json", "content-type": "application/json" };
  const answer = await fetch("/api/v1" + path, { method, headers, body: body && JSON.stringify(body), credentials: "same-origin" });
  const json = answer.status === 204 ? null : await answer.json().catch(() => null);
  return { status: answer.status, json };
}

function row(table, cells) {
  const line = find(table).tBodies[0].insertRow();
  for (const cell of cells) line.insertCell().textContent = cell ?? "";
}

function why(object) {
  return [object.reason, object.message].filter(Boolean).join(": ");
}

// Whether this browser can, in the words that the API speaks.
const passkeys = "PublicKeyCredential" in window && "parseCreationOptionsFromJSON" in PublicKeyCredential;

// Asks the API, then the browser for a passkey. The API's answer where it asks nothing; none where the person or the browser would not.
async function shown(path, body) {
  const asked = await ask("POST", path, body);
  if (asked.status !== 201) return { refused: asked };
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked.json.options.publicKey);
  const credential = await navigator.credentials.get({ publicKey }).catch(() => null);
  return credential && { answer: { question: asked.json.question, credential: credential.toJSON() } };
}

// Signs in by a passkey; with a token, as the second factor.
async function byPasskey(token) {
  const got = await shown("/session/passkey/ask", token ? { token } : {});
  if (!got) return say("No passkey was shown.");
  const answer = got.refused ?? (await ask("POST", "/session/passkey", token ? { token, ...got.answer } : got.answer));
  if (!(await went(answer))) say(answer.json?.detail ?? "This passkey does not sign in here.");
}

// What is dangerous asks once more who it is, and then goes on with what was asked for.
let goOn = null;

async function dangerous(act) {
  const answer = await act();
  if (answer.json?.code !== "step_up_required") return answer;
  find("state").hidden = true;
  find("step-up").hidden = false;
  say("This needs you to show once more that it is you.");
  return new Promise((resolve) => {
    goOn = async () => {
      goOn = null;
      find("step-up").hidden = true;
      find("state").hidden = false;
      resolve(await act());
    };
  });
}

async function steppedUp(answer) {
  if (answer.status === 200) return goOn?.();
  say(answer.json?.errors?.[0]?.reason ?? answer.json?.detail ?? "That was not right.");
}

async function listPasskeys() {
  const list = await ask("GET", "/passkeys");
  if (list.status !== 200) return;
  find("passkeys").tBodies[0].replaceChildren();
  for (const passkey of list.json.items) row("passkeys", [passkey.name, passkey.created_at, passkey.last_used_at ?? "never"]);
}

async function addPasskey(name) {
  const asked = await dangerous(() => ask("POST", "/passkeys/ask"));
  if (asked.status !== 201) return say(asked.json?.detail ?? "There can be no passkey.");
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked.json.options.publicKey);
  const credential = await navigator.credentials.create({ publicKey }).catch(() => null);
  if (!credential) return say("No passkey was made.");
  const made = await ask("POST", "/passkeys", { question: asked.json.question, name, credential: credential.toJSON() });
  if (made.status !== 201) return say(made.json?.detail ?? "The passkey was not kept.");
  const codes = made.json.recovery_codes;
  find("codes").textContent = codes.join("\n");
  find("codes").hidden = find("codes-said").hidden = codes.length === 0;
  say("The passkey is kept: it signs in from now on, and is asked for after the password.");
  await listPasskeys();
}

async function show(session) {
  say(session.acting ? session.acting + " acts as " + session.login + ", visibly, until " + session.expires_at + "." : "Signed in as " + session.login + ".");
  find("sign-in").hidden = true;
  find("state").hidden = false;
  for (const id of ["node", "accounts", "sites"]) find(id).tBodies[0].replaceChildren();
  const node = await ask("GET", "/node");
  if (node.status === 200) {
    row("node", ["Name", node.json.name]);
    row("node", ["Addresses", node.json.addresses.join(", ")]);
    row("node", ["PHP", node.json.php_versions.join(", ")]);
    row("node", ["Web server", [node.json.webserver.condition, why(node.json.webserver)].filter(Boolean).join(", ")]);
  }
  const accounts = await ask("GET", "/accounts?limit=200");
  for (const account of accounts.json?.items ?? []) row("accounts", [account.name, account.condition, why(account)]);
  const sites = await ask("GET", "/sites?limit=200");
  for (const site of sites.json?.items ?? []) row("sites", [site.name, site.account, site.php ?? "none", site.condition, why(site)]);
  find("own-passkeys").hidden = !passkeys || !session.session || session.acting !== null;
  if (!find("own-passkeys").hidden) await listPasskeys();
}

// The token of a sign-in that waits for the second factor; kept here alone.
let pending = null;

// Goes on after a first factor: shows how things stand, or asks for the second one. False: neither.
async function went(answer) {
  if (answer.status === 201) {
    find("second-factor").hidden = true;
    await show(answer.json);
    return true;
  }
  if (answer.status !== 202) return false;
  pending = answer.json.token;
  find("second-by-passkey").hidden = !passkeys || !answer.json.methods.includes("passkey");
  find("sign-in").hidden = true;
  find("second-factor").hidden = false;
  say("One more step.");
  return true;
}

async function begin() {
  const token = location.hash.slice(1);
  if (location.pathname === "/login" && token) {
    // The token works once; it leaves the address and the history before anything else.
    history.replaceState(null, "", "/");
    const answer = await ask("POST", "/session/link", { token });
    if (await went(answer)) return;
    say("This link was used, or is too old. Make a new one with `holdfast login-link`.");
  }
  const session = await ask("GET", "/session");
  if (session.status === 200) return show(session.json);
  if (!token) say("Nobody is signed in.");
  find("sign-in").hidden = false;
}

find("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const answer = await ask("POST", "/session", { login: form.get("login"), password: form.get("password") });
  event.target.reset();
  if (await went(answer)) return;
  say(answer.status === 429 ? answer.json.detail : "The login or the password is not right.");
});

find("second-factor").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await ask("POST", "/session/code", { token: pending, code: new FormData(event.target).get("code") });
  event.target.reset();
  if (!(await went(answer))) say(answer.json?.detail ?? "The code is not right.");
});

find("by-passkey").hidden = find("step-up-by-passkey").hidden = !passkeys;
find("by-passkey").addEventListener("click", () => byPasskey(null));
find("second-by-passkey").addEventListener("click", () => byPasskey(pending));

find("step-up").addEventListener("submit", async (event) => {
  event.preventDefault();
  const password = new FormData(event.target).get("password");
  event.target.reset();
  await steppedUp(await ask("POST", "/session/step-up", { password }));
});

find("step-up-by-passkey").addEventListener("click", async () => {
  const got = await shown("/session/step-up/ask");
  if (!got) return say("No passkey was shown.");
  await steppedUp(got.refused ?? (await ask("POST", "/session/step-up", { passkey: got.answer })));
});

find("new-passkey").addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = new FormData(event.target).get("name");
  event.target.reset();
  await addPasskey(name);
});

find("sign-out").addEventListener("click", async () => {
  await ask("DELETE", "/session");
  location.assign("/");
});

begin().catch(() => say("The panel does not answer."));
