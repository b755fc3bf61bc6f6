// How things stand, from the API alone. Every text is set as text, never as markup.
"use strict";

const find = (id) => document.getElementById(id);

// What this page says, in the language that it was asked for in.
const WORDS = JSON.parse(document.body.dataset.words);

function words(key, values = {}) {
  return WORDS[key].replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

function say(key, values) {
  find("who").textContent = words(key, values);
}

// Why the panel did not do what was asked, by its code; `unauthenticated` is what a 401 means there.
function refused(answer, unauthenticated = "unauthenticated") {
  const code = answer.json?.code;
  if (!code) return say("no_answer");
  if (code === "unauthenticated") return say(unauthenticated);
  if (Object.hasOwn(WORDS, code)) return say(code);
  if (code.startsWith("provider_")) return say("provider", { code });
  say("failed", { detail: answer.json.detail ?? code });
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

// Where to go on: on the page for signing in, to where one came from, or to the panel.
function onward() {
  if (location.pathname !== "/login") return false;
  const asked = location.search.startsWith("?to=/") ? location.search.slice(4) : "/";
  const to = new URL(asked, location.origin);
  location.replace(to.origin === location.origin ? to.href : "/");
  return true;
}

async function show(session) {
  if (onward()) return;
  const { acting, login, expires_at } = session;
  if (acting) say("acting", { by: acting, login, until: expires_at });
  else say("signed_in", { login });
  find("sign-in").hidden = true;
  find("state").hidden = false;
  for (const id of ["node", "accounts", "sites"]) find(id).tBodies[0].replaceChildren();
  const node = await ask("GET", "/node");
  if (node.status === 200) {
    row("node", [words("name"), node.json.name]);
    row("node", [words("addresses"), node.json.addresses.join(", ")]);
    row("node", [words("php"), node.json.php_versions.join(", ")]);
    row("node", [words("web_server"), [node.json.webserver.condition, why(node.json.webserver)].filter(Boolean).join(", ")]);
  }
  const accounts = await ask("GET", "/accounts?limit=200");
  for (const account of accounts.json?.items ?? []) row("accounts", [account.name, account.condition, why(account)]);
  const sites = await ask("GET", "/sites?limit=200");
  for (const site of sites.json?.items ?? []) row("sites", [site.name, site.account, site.php ?? words("none"), site.condition, why(site)]);
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
  say("one_more_step");
  return true;
}

async function toProvider(provider) {
  const sent = await ask("POST", "/session/provider", { provider });
  if (sent.status === 201) return location.assign(sent.json.url);
  refused(sent);
}

// A button for each provider by which one can sign in. The panel says where to go; the provider sends the browser back.
async function providers() {
  const answer = await ask("GET", "/session/providers");
  for (const provider of answer.json?.items ?? []) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words("by_provider", { label: provider.label });
    button.addEventListener("click", () => toProvider(provider.name).catch(() => say("no_answer")));
    find("providers").append(button, " ");
  }
}

// What stands behind `#` where a provider has signed in and the second factor is owed.
const OWED = "second-factor.";

// Whether this browser can, in the words that the API speaks.
const passkeys = "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential;

// Signs in by a passkey; with a token, as the second factor.
async function byPasskey(token) {
  const asked = await ask("POST", "/session/passkey/ask", token ? { token } : {});
  if (asked.status !== 201) return refused(asked);
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked.json.options.publicKey);
  const credential = await navigator.credentials.get({ publicKey }).catch(() => null);
  if (!credential) return say("no_passkey");
  const shown = { question: asked.json.question, credential: credential.toJSON() };
  const answer = await ask("POST", "/session/passkey", token ? { token, ...shown } : shown);
  if (!(await went(answer))) refused(answer, "passkey_unknown");
}

async function begin() {
  const token = location.hash.slice(1);
  if (location.pathname === "/login" && token.startsWith(OWED)) {
    history.replaceState(null, "", location.pathname + location.search);
    const [owed, methods] = token.slice(OWED.length).split(".");
    await went({ status: 202, json: { token: owed, methods: (methods ?? "").split("-") } });
    return;
  }
  if (location.pathname === "/login" && token) {
    // The token works once; it leaves the address and the history before anything else.
    history.replaceState(null, "", location.pathname + location.search);
    const answer = await ask("POST", "/session/link", { token });
    if (await went(answer)) return;
    refused(answer, "link_over");
  }
  const session = await ask("GET", "/me");
  if (session.status === 200) return show(session.json);
  if (!token) say("nobody");
  find("sign-in").hidden = false;
  await providers();
}

// What a person does; that the panel does not answer is said, and what was typed stays.
function does(id, what, act) {
  find(id).addEventListener(what, (event) => {
    event.preventDefault();
    act(event).catch(() => say("no_answer"));
  });
}

does("sign-in", "submit", async (event) => {
  const typed = event.target;
  const form = new FormData(typed);
  const answer = await ask("POST", "/session", { login: form.get("login"), password: form.get("password") });
  typed.reset();
  if (!(await went(answer))) refused(answer);
});

does("second-factor", "submit", async (event) => {
  const typed = event.target;
  const answer = await ask("POST", "/session/code", { token: pending, code: new FormData(typed).get("code") });
  typed.reset();
  if (!(await went(answer))) refused(answer);
});

find("by-passkey").hidden = !passkeys;
does("by-passkey", "click", () => byPasskey(null));
does("second-by-passkey", "click", () => byPasskey(pending));

does("sign-out", "click", async () => {
  await ask("DELETE", "/session");
  location.assign("/");
});

// The browser panel begins in the language that is chosen here.
for (const link of document.querySelectorAll("nav a[hreflang]")) {
  link.addEventListener("click", () => localStorage.setItem("language", link.hreflang));
}

begin().catch(() => say("no_answer"));
