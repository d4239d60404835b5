/* What the card and the inbox share: a token that counts, and what is said when the news have come to an end. */
(() => {
  "use strict";

  /* Whoever logged in again in another window has another token by now: the cookie always has the one that counts. */
  const token = () => /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  document.addEventListener("submit", (event) => {
    const field = event.target.querySelector("input[name=csrfmiddlewaretoken]"), now = token();
    if (field && now) field.value = now;
  }, true);
  document.body.addEventListener("htmx:configRequest", (event) => {
    const now = token();
    if (now && event.detail.verb === "post") event.detail.parameters.csrfmiddlewaretoken = now;
  });

  /* Logged out, no longer allowed, joined, gone: the server says it, and nobody asks in vain any more. `said` tells
     whether an answer said so; `isFinal` that looking again cannot help. */
  window.liveEnd = (box) => {
    const end = { isOver: false, isFinal: false };
    end.said = (xhr) => {
      if (![401, 403, 404, 410].includes(xhr.status)) return false;
      const told = new DOMParser().parseFromString(xhr.responseText, "text/html").getElementById("live-end");
      if (!told) return false;
      end.isOver = true;
      end.isFinal = told.dataset.final !== undefined;
      if (box.textContent !== told.textContent) box.replaceChildren(...document.adoptNode(told).childNodes);
      box.hidden = false;
      return true;
    };
    end.goOn = () => { end.isOver = end.isFinal = false; box.hidden = true; };
    return end;
  };
})();
