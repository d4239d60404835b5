/* The customer card: asks for news, keeps the place where somebody reads and what somebody writes. No framework.

   What the page says is written in the template; what it shows is drawn by the server. Rooms that put a form on the
   card need no script: a textarea with `data-draft` keeps what is typed until its form is answered, and Ctrl+Enter sends
   it. The event `card:window` tells that the 24-hour window has opened or closed. */
(() => {
  "use strict";

  const SHOWN = 4000, HIDDEN = 20000, SLOWEST = 60000, NEAR = 80, KEPT_DAYS = 3;
  const byId = (id) => document.getElementById(id);
  const page = byId("card");

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
      const form = event.target.form;
      const send = form && form.querySelector("button[type=submit]:not([hidden]), button:not([type])");
      if (send && !send.disabled) { event.preventDefault(); form.requestSubmit(send); }
    } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const find = document.querySelector("[data-find]");
      if (find) { event.preventDefault(); find.focus(); find.select(); }
    } else if (event.key === "Escape") {
      const open = event.target.closest("details.cc-menu[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
    }
  });
  if (!page) return;

  /* Drafts: per reader and customer, for some days, gone once the server has taken the words. */
  const keyOf = (box) => `card-draft:${page.dataset.who}:${box.dataset.draft}`;
  const store = {
    read(key) {
      try {
        const kept = JSON.parse(localStorage.getItem(key) || "null");
        return kept && Date.now() - kept.at < KEPT_DAYS * 86400000 ? kept.text : "";
      } catch { return ""; }
    },
    write(key, text) {
      try {
        if (text) localStorage.setItem(key, JSON.stringify({ text, at: Date.now() }));
        else localStorage.removeItem(key);
      } catch { /* no room, or not allowed: the text is still in the box */ }
    },
  };
  const restore = (root) => {
    for (const box of root.querySelectorAll("textarea[data-draft]")) {
      if (!box.value && !box.disabled) box.value = store.read(keyOf(box));
    }
  };
  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[data-draft]")) store.write(keyOf(event.target), event.target.value);
  });

  /* The list of messages. */
  const scroller = byId("card-scroll"), list = byId("card-talk"), jump = byId("card-jump");
  let unseen = 0;
  const isNear = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
  const toEnd = () => { scroller.scrollTop = scroller.scrollHeight; };
  const words = (count) => count === 1 ? page.dataset.newOne : page.dataset.newMany.replace("{count}", count);
  const title = document.title, latest = jump.textContent;
  const showJump = () => {
    jump.hidden = isNear();
    jump.textContent = unseen ? words(unseen) : latest;
    document.title = unseen ? `(${unseen}) ${title}` : title;
  };
  let stays = true;
  const seen = () => { stays = isNear(); if (stays && !document.hidden) unseen = 0; showJump(); };
  // A picture that arrives late must not push the latest words out of sight.
  const sizes = new ResizeObserver(() => { if (stays) toEnd(); });
  sizes.observe(list);
  // Nor must a place below that grows, as where an answer is written.
  sizes.observe(scroller);
  scroller.addEventListener("scroll", seen, { passive: true });
  jump.addEventListener("click", () => { toEnd(); unseen = 0; showJump(); scroller.focus(); });

  const byKey = (root) => new Map([...root.children].map((line) => [line.dataset.key, line]));
  const keepsOlder = (line) => line.dataset.key === "older";

  /* Put what the server drew into the list: each message once, where it belongs, and nothing touched that is equal. */
  const merge = (fresh) => {
    const old = byKey(list), now = byKey(fresh);
    const arrived = [];
    const isKnown = [...now.values()].some((line) => !keepsOlder(line) && old.has(line.dataset.key));
    if (!isKnown) {
      arrived.push(...[...now.values()].filter((line) => line.dataset.in !== undefined));
      list.replaceChildren(...fresh.children);
      htmx.process(list);
      return arrived;
    }
    // The history of Spoki came in meanwhile: what was the whole list is now the end of a longer one.
    const isMessage = (line) => line.dataset.mark && !line.classList.contains("cc-day");
    const older = old.has("older") ? undefined : now.get("older");
    const oldest = [...fresh.children].find(isMessage);
    if (older && oldest && !old.has(oldest.dataset.key)) {
      const lines = [...fresh.children], latest = lines.findLastIndex((line) => old.has(line.dataset.key));
      const fromEnd = scroller.scrollHeight - scroller.scrollTop;
      list.replaceChildren(...lines);
      htmx.process(list);
      scroller.scrollTop = scroller.scrollHeight - fromEnd;
      return lines.slice(latest + 1).filter((line) => line.dataset.in !== undefined);
    }
    if (older && oldest && [...list.children].find(isMessage)?.dataset.key === oldest.dataset.key) list.prepend(older);
    let next = null, first = null;
    for (const line of [...fresh.children].reverse()) {
      if (keepsOlder(line)) continue;
      const there = old.get(line.dataset.key);
      if (!there) {
        list.insertBefore(line, next);
        if (line.dataset.in !== undefined) arrived.unshift(line);
        if (line.dataset.mark && !line.classList.contains("cc-day")) line.classList.add("cc-row--new");
        next = line;
      } else if (there.dataset.mark !== line.dataset.mark && !there.contains(document.activeElement)) {
        there.replaceWith(line);
        next = line;
      } else {
        next = there;
      }
      // A day may have been announced far above, by older messages that were asked for.
      if (!line.classList.contains("cc-day")) first = next;
    }
    for (let line = first; line;) {
      const after = line.nextElementSibling;
      if (!now.has(line.dataset.key)) line.remove();
      line = after;
    }
    htmx.process(list);
    return arrived;
  };

  /* A picture of a template that cannot be had: its name stands in its place, in the preview of a reply too. */
  const named = (picture) => {
    const link = picture.closest("[data-picture]");
    if (link) { link.hidden = true; link.nextElementSibling.hidden = false; }
  };
  document.addEventListener("error", (event) => { if (event.target instanceof HTMLImageElement) named(event.target); }, true);
  for (const picture of list.querySelectorAll("[data-picture] img")) {
    if (picture.complete && !picture.naturalWidth) named(picture);
  }

  /* Older messages come in above: the same message stays under the reader's eyes, each day is announced once. */
  let before = 0;
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (list.contains(event.detail.target)) before = scroller.scrollHeight - scroller.scrollTop;
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (before && list.contains(event.target)) {
      const known = new Set();
      for (const line of [...list.children]) {
        if (known.has(line.dataset.key)) line.remove();
        known.add(line.dataset.key);
      }
      scroller.scrollTop = scroller.scrollHeight - before;
      before = 0;
      scroller.focus({ preventScroll: true });
    }
  });

  /* News: often while somebody looks, seldom behind other windows, ever slower while there is no connection. */
  const asker = byId("card-news"), offline = byId("card-offline"), end = window.liveEnd(byId("card-end"));
  let pause = SHOWN, timer = 0;
  const wait = () => {
    clearTimeout(timer);
    const every = Math.max(pause, document.hidden ? HIDDEN : SHOWN);
    timer = setTimeout(ask, every * (0.85 + Math.random() * 0.3));
  };
  const ask = () => { clearTimeout(timer); if (end.isFinal) return; catchUp(); htmx.trigger(asker, "card-poll"); timer = setTimeout(wait, SLOWEST); };
  const answered = (xhr) => {
    offline.hidden = true;
    end.goOn();
    pause = SHOWN;
    const version = xhr.getResponseHeader("X-Card-Version");
    if (xhr.status !== 200 || !version) return;
    asker.setAttribute("hx-vals", JSON.stringify({ v: version }));
    const fresh = new DOMParser().parseFromString(xhr.responseText, "text/html").getElementById("card-fresh");
    if (!fresh) return;
    const wasNear = isNear();
    const arrived = merge(document.adoptNode(fresh));
    if (wasNear) toEnd();
    stays = isNear();
    if (arrived.length) byId("card-said").textContent = words(arrived.length);
    if (arrived.length && (!wasNear || document.hidden)) unseen += arrived.length;
    showJump();
  };
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful, xhr } = event.detail;
    if (elt !== asker) return;
    if (successful) answered(xhr);
    else if (end.said(xhr)) {
      clearTimeout(timer);
      offline.hidden = true;
      return;
    } else {
      pause = Math.min(pause * 2, SLOWEST);
      offline.hidden = false;
    }
    wait();
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { seen(); ask(); } });
  window.addEventListener("online", ask);

  /* Parts that are drawn again: not under somebody's fingers, and what was unfolded stays so. */
  let unfolded = [], wasOpen = null;
  const isInUse = (part) => part.contains(document.activeElement) || part.querySelector("details.cc-menu[open]") !== null
    || [...part.querySelectorAll("textarea")].some((box) => box.value);
  // What was not drawn for that reason is, once nobody works in it any more, even if nothing new happens.
  const late = new Set();
  function catchUp() {
    if (![...late].some((id) => byId(id) && !isInUse(byId(id)))) return;
    late.clear();
    asker.setAttribute("hx-vals", JSON.stringify({ v: "" }));
  }
  const isOpen = () => { const bar = byId("card-window"); return bar ? bar.dataset.open : null; };
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    const target = event.detail.target;
    if (isInUse(target)) {
      late.add(target.id);
      event.detail.shouldSwap = false;
      return;
    }
    unfolded.push(...[...target.querySelectorAll("details[open][data-keep]")].map((one) => one.dataset.keep));
    if (target.id === "card-window") wasOpen = isOpen();
  });
  document.body.addEventListener("htmx:oobAfterSwap", () => {
    for (const name of unfolded) {
      const part = document.querySelector(`details[data-keep="${name}"]`);
      if (part) part.open = true;
    }
    unfolded = [];
    if (wasOpen !== null && isOpen() !== null && isOpen() !== wasOpen) htmx.trigger(document.body, "card:window");
    wasOpen = null;
    tick();
  });

  /* A form that was answered: taken, its draft is gone; refused, or not sent at all, the words stay. */
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const config = event.detail.requestConfig;
    if (!config || config.verb !== "post" || event.detail.xhr.status !== 200) return;
    const form = config.elt.closest("form");
    const box = form && form.querySelector("textarea[data-draft]");
    if (!box) return;
    const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const next = answer.querySelector(`textarea[data-draft="${box.dataset.draft}"]`);
    if (next && !next.value) store.write(keyOf(box), "");
  });
  document.body.addEventListener("htmx:load", (event) => restore(event.target));
  /* The server would not take it at all: the words are still there, and whoever sent them must know. */
  document.body.addEventListener("htmx:responseError", (event) => {
    if (event.detail.requestConfig.verb === "post") byId("card-failed").hidden = false;
  });
  document.body.addEventListener("htmx:beforeSend", (event) => {
    if (event.detail.requestConfig.verb === "post") byId("card-failed").hidden = true;
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.body.addEventListener(name, () => { offline.hidden = false; });
  }

  /* A button that was switched off while its form was sent has lost the keyboard: its successor gets it back. */
  let pressed = "";
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb === "post") pressed = document.activeElement?.id || "";
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (!pressed || event.detail.requestConfig?.verb !== "post") return;
    if (document.activeElement === document.body) byId(pressed)?.focus({ preventScroll: true });
    pressed = "";
  });

  /* The countdown shows; the server decides. Its clock counts, not the reader's. */
  const shift = new Map();
  const left = (spot) => {
    const closes = Date.parse(spot.dataset.closes);
    if (!shift.has(spot)) shift.set(spot, Date.parse(spot.dataset.now) - Date.now());
    return Math.floor((closes - Date.now() - shift.get(spot)) / 1000);
  };
  const inWords = (seconds) => {
    if (seconds < 120) return page.dataset.seconds.replace("{s}", Math.max(seconds, 0));
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
    if (!hours) return page.dataset.minutes.replace("{m}", minutes);
    return page.dataset.hours.replace("{h}", hours).replace("{m}", minutes % 60);
  };
  let asked = null;
  function tick() {
    const spot = page.querySelector("[data-closes]");
    if (!spot) return;
    const seconds = left(spot), shown = inWords(seconds);
    if (spot.textContent !== shown) spot.textContent = shown;
    if (seconds <= 0 && asked !== spot) { asked = spot; ask(); }
  }
  setInterval(tick, 1000);

  document.addEventListener("click", async (event) => {
    for (const open of document.querySelectorAll("details.cc-menu[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      byId("card-said").textContent = page.dataset.copied;
      button.firstElementChild.textContent = "check";
    } catch { /* not allowed without HTTPS: the number can be selected */ }
  });

  /* Other rooms may ask for a look at once: a history that came in, an answer that was written. */
  for (const name of ["card:look", "history-merged", "file-asked"]) document.body.addEventListener(name, ask);
  // Whoever has just written wants to see it.
  document.body.addEventListener("card:look", toEnd);

  restore(document);
  toEnd();
  showJump();
  tick();
  wait();
})();
