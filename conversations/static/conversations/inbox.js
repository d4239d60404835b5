/* The inbox: draws what is new into the list without moving what somebody reads, ticks or types in, and has keys.

   The server draws everything; without this script the page works by links and buttons alone. */
(() => {
  "use strict";

  const SHOWN = 5000, HIDDEN = 30000, SLOWEST = 60000;
  const byId = (id) => document.getElementById(id);
  const page = byId("inbox");
  if (!page) return;
  page.classList.add("ci-scripted");
  const list = () => byId("ci-list");
  const rows = () => [...list().querySelectorAll(".ci-row")];
  const rowOf = (element) => element && element.closest ? element.closest(".ci-row") : null;
  const most = Number(page.dataset.most);
  const words = (one, many, count) => count === 1 ? page.dataset[one] : page.dataset[many].replace("{count}", count);
  const title = document.title;

  /* Ticks: what can be done with several is shown once one is ticked. */
  const count = () => {
    const bulk = byId("ci-bulk");
    if (!bulk) return;
    const ticked = list().querySelectorAll("input[name=row]:checked").length;
    bulk.classList.toggle("ci-bulk--idle", !ticked);
    byId("ci-picked").textContent = ticked ? words("pickedOne", "pickedMany", ticked) : "";
  };
  page.addEventListener("change", count);

  /* Where somebody is: the row with the focus, else none; it stays at the same height of the window. */
  const isHeld = (row) => row.querySelector("details[open]") || (row.contains(document.activeElement) && document.activeElement.matches("input[type=datetime-local]"));
  const unread = (root) => [...root.querySelectorAll("[data-unread]")].reduce((sum, row) => sum + Number(row.dataset.unread), 0);
  let known = unread(list());

  const keep = (there, line) => {
    const tick = there.querySelector("input[name=row]"), next = line.querySelector("input[name=row]");
    if (tick && next) next.checked = tick.checked;
  };
  const focusIn = (row, verb) => {
    const spot = row && ((verb && row.querySelector(`[data-verb="${verb}"]`)) || row.querySelector(".ci-open"));
    if (spot) spot.focus({ preventScroll: true });
    return Boolean(spot);
  };

  const merge = (fresh) => {
    const current = list();
    const here = rowOf(document.activeElement), at = rows().indexOf(here);
    const anchor = here || rows().find((row) => row.getBoundingClientRect().bottom > 0);
    const anchorKey = anchor && anchor.dataset.key, top = anchor ? anchor.getBoundingClientRect().top : 0;
    const verb = here && document.activeElement.closest("[data-verb]") ? document.activeElement.closest("[data-verb]").dataset.verb : "";
    const wasTick = here && document.activeElement.matches("input[name=row]");
    const old = new Map([...current.children].map((line) => [line.dataset.key, line]));
    const lines = [...fresh.children].map((line) => {
      const there = old.get(line.dataset.key);
      if (there && (there.dataset.mark === line.dataset.mark || isHeld(there))) return there;
      if (there) keep(there, line);
      return line;
    });
    // Moving an element loses its focus: only what is out of place is moved.
    lines.forEach((line, place) => {
      if (current.children[place] !== line) current.insertBefore(line, current.children[place] || null);
    });
    while (current.children.length > lines.length) current.lastElementChild.remove();
    htmx.process(current);
    const now = rows(), again = anchorKey && now.find((row) => row.dataset.key === anchorKey);
    if (at >= 0 && !list().contains(document.activeElement)) {
      const row = now.find((one) => one.dataset.key === here.dataset.key);
      if (row && wasTick) row.querySelector("input[name=row]").focus({ preventScroll: true });
      else if (row) focusIn(row, verb);
      else if (!focusIn(now[Math.min(at, now.length - 1)], "")) byId("ci-q").focus({ preventScroll: true });
    }
    if (again) window.scrollBy(0, again.getBoundingClientRect().top - top);
    count();
  };

  const replace = (fresh, id) => {
    const there = byId(id), next = fresh.querySelector(`#${id}`);
    if (there && there.contains(document.activeElement)) {
      const focused = document.activeElement.id;
      if (next) { there.replaceWith(next); htmx.process(next); }
      if (focused && byId(focused)) byId(focused).focus({ preventScroll: true });
    } else if (there && next) {
      there.replaceWith(next);
      htmx.process(next);
    } else if (there) {
      there.remove();
    } else if (next) {
      (id === "ci-tasks" ? byId("ci-form") : list()).before(next);
      htmx.process(next);
    }
  };

  const draw = (html, isAnswer) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("ci-live");
    if (!fresh) return;
    document.adoptNode(fresh);
    replace(fresh, "ci-tabs");
    replace(fresh, "ci-tasks");
    if (isAnswer) replace(fresh, "ci-said");
    if (Boolean(byId("ci-bulk")) !== Boolean(fresh.querySelector("#ci-bulk"))) replace(fresh, "ci-bulk");
    merge(fresh.querySelector("#ci-list"));
    const now = unread(list()), more = now - known;
    if (more > 0 && !isAnswer) {
      byId("ci-status").textContent = words("newOne", "newMany", more);
      if (document.hidden) document.title = `(${more}) ${title}`;
    } else {
      known = now;
    }
    if (!document.hidden) known = now;
  };

  /* News: often while somebody looks, seldom behind other windows, ever slower while there is no connection. */
  const asker = byId("ci-news"), offline = byId("ci-offline"), end = window.liveEnd(byId("ci-end"));
  let pause = SHOWN, timer = 0, version = page.dataset.version;
  const wait = () => {
    clearTimeout(timer);
    if (asker) timer = setTimeout(ask, Math.max(pause, document.hidden ? HIDDEN : SHOWN) * (0.85 + Math.random() * 0.3));
  };
  const ask = () => {
    clearTimeout(timer);
    if (!asker || end.isFinal) return;
    htmx.trigger(asker, "inbox-poll");
    timer = setTimeout(wait, SLOWEST);
  };
  document.body.addEventListener("htmx:configRequest", (event) => {
    const { elt, parameters } = event.detail;
    if (elt === asker) Object.assign(parameters, { tab: page.dataset.tab, n: Math.min(rows().length, most), v: version });
    else if (elt.id === "ci-more" && rows().length >= most) {
      event.preventDefault();
      window.location.href = elt.href;
    }
  });
  const lost = () => {
    pause = Math.min(pause * 2, SLOWEST);
    offline.hidden = false;
  };
  const answered = (status, told, html, isAnswer) => {
    offline.hidden = true;
    end.goOn();
    pause = SHOWN;
    if (status !== 200) return;
    version = told || version;
    draw(html, isAnswer);
  };
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful, xhr } = event.detail;
    if (elt !== asker) return;
    if (successful) answered(xhr.status, xhr.getResponseHeader("X-Inbox-Version"), xhr.responseText, false);
    else if (end.said(xhr)) {
      clearTimeout(timer);
      offline.hidden = true;
      return;
    } else lost();
    wait();
  });

  /* Clicks: each is sent as it was made, one after the other, however fast they come; none is lost, none is doubled. */
  let last = Promise.resolve();
  const send = async (address, body) => {
    try {
      const answer = await fetch(address, { method: "POST", body, headers: { "HX-Request": "true" } });
      if (answer.headers.get("HX-Refresh")) window.location.reload();
      else if (answer.ok) answered(200, answer.headers.get("X-Inbox-Version"), await answer.text(), true);
      else if (answer.status === 403) window.location.reload();
      else lost();
    } catch { lost(); }
    wait();
  };
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "ci-form") return;
    event.preventDefault();
    const { target: form, submitter } = event;
    const body = new FormData(form);
    if (submitter) body.append(submitter.name, submitter.value);
    body.append("n", Math.min(rows().length, most));
    const menu = submitter && submitter.closest("details.cc-menu"), row = rowOf(submitter);
    if (menu) close(menu);
    if (row) focusIn(row, "");
    last = last.then(() => send(form.action, body));
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    document.title = title;
    known = unread(list());
    ask();
  });
  window.addEventListener("online", ask);
  window.addEventListener("pageshow", (event) => { if (event.persisted) ask(); });

  /* Menus: one at a time, closed by Escape, by a click elsewhere, and by what they do. */
  const close = (menu) => { menu.open = false; };
  document.addEventListener("click", (event) => {
    for (const menu of page.querySelectorAll("details.cc-menu[open]")) {
      if (!menu.contains(event.target)) close(menu);
    }
  });
  /* Keys. */
  const help = byId("ci-help"), opener = byId("ci-help-open");
  opener.hidden = false;
  opener.addEventListener("click", () => help.showModal());
  const move = (step) => {
    const all = rows(), at = all.indexOf(rowOf(document.activeElement));
    const row = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, at + step))];
    if (focusIn(row, "")) row.scrollIntoView({ block: "nearest" });
  };
  const press = (verb) => {
    const row = rowOf(document.activeElement), button = row && row.querySelector(`button[data-verb="${verb}"]`);
    if (!button) return;
    focusIn(row, "");
    button.form.requestSubmit(button);
  };
  const later = () => {
    const row = rowOf(document.activeElement), menu = row && row.querySelector("details[data-verb=later]");
    if (!menu) return;
    menu.open = true;
    menu.querySelector("button").focus();
  };
  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    e: () => press("done"),
    m: () => press("take"),
    s: later,
    x: () => {
      const tick = rowOf(document.activeElement) && rowOf(document.activeElement).querySelector("input[name=row]");
      if (tick) { tick.checked = !tick.checked; count(); }
    },
    u: () => { const button = byId("ci-undo"); if (button) button.form.requestSubmit(button); },
    "/": () => { byId("ci-q").focus(); byId("ci-q").select(); },
    "?": () => help.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const menu = event.target.closest("details.cc-menu[open]");
    if (event.key === "Escape" && menu) {
      close(menu);
      menu.querySelector("summary").focus();
      return;
    }
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    const act = KEYS[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  count();
  wait();
})();
