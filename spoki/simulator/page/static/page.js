// Keeps the page fresh by asking twice a second what changed, and sends the customer's answers
// without leaving it. Without this script every form still works by loading the page again.
"use strict";

const phone = document.body.dataset.phone;
const list = document.querySelector("[data-list]");
const chat = document.querySelector("[data-chat]");
const facts = document.querySelector("[data-facts]");
const notice = document.querySelector("[data-notice]");
const search = document.querySelector("[data-search]");
const versions = { list: "", chat: "" };

const words = () => search.elements.q.value.trim();

function say(text) {
  if (notice) notice.textContent = text;
}

async function fetchPart(name, query) {
  const address = new URLSearchParams({ ...query, since: versions[name] });
  const response = await fetch(`/_page/${name}?${address}`);
  if (response.status !== 200) return null;
  const text = await response.text();
  versions[name] = response.headers.get("X-Version");
  return text;
}

async function refreshList() {
  const html = await fetchPart("list", { q: words(), phone });
  if (html === null || html === list.innerHTML) return;
  const focused = document.activeElement?.closest("[data-list] a")?.getAttribute("href");
  list.innerHTML = html;
  if (focused) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
}

function isAtEnd() {
  return chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
}

async function refreshChat() {
  if (!chat) return;
  const html = await fetchPart("chat", { phone });
  if (html === null) return;
  const follow = isAtEnd();
  const [about, bubbles] = html.split("\f");
  facts.innerHTML = about;
  chat.innerHTML = bubbles;
  if (follow) chat.scrollTop = chat.scrollHeight;
}

async function refresh() {
  try {
    await Promise.all([refreshChat(), refreshList()]);
    say("");
  } catch {
    say("Il simulatore non risponde. Riprovo…");
  }
}

async function poll() {
  if (!document.hidden) await refresh();
  setTimeout(poll, 700);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-answer]")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  try {
    const response = await fetch(form.action, { method: "POST", body });
    if (!response.ok) throw new Error(String(response.status));
    form.querySelector("input[name=text]")?.form.reset();
    chat.scrollTop = chat.scrollHeight;
    await refresh();
    chat.scrollTop = chat.scrollHeight;
  } catch {
    say("Messaggio non inviato. Riprova.");
  }
});

search.addEventListener("submit", (event) => event.preventDefault());
search.addEventListener("input", () => {
  versions.list = "";
  refreshList().catch(() => {});
});

if (chat) chat.scrollTop = chat.scrollHeight;
poll();
