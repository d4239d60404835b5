// Keeps live parts fresh by asking every second what changed, and fills in the address of the chosen
// customer. Without this script every form still works.
"use strict";

const versions = new Map();

function isBusy(part) {
  const at = document.activeElement;
  return part.contains(at) && at.matches("input, select, pre, summary");
}

async function refresh(part) {
  const known = versions.get(part) ?? "";
  const response = await fetch(`${part.dataset.live}?since=${known}`);
  if (response.status !== 200 || isBusy(part)) return;
  const open = [...part.querySelectorAll("details[open]")].length;
  if (open && known) return;
  part.innerHTML = await response.text();
  versions.set(part, response.headers.get("X-Version"));
}

async function poll() {
  if (!document.hidden) {
    const parts = [...document.querySelectorAll("[data-live]")];
    await Promise.allSettled(parts.map(refresh));
  }
  setTimeout(poll, 1000);
}

const form = document.querySelector("[data-buy]");
if (form) {
  const chosen = form.querySelector("[data-customer]");
  const addresses = JSON.parse(form.querySelector("[data-addresses]").dataset.addresses);
  const fresh = form.querySelector("[data-new]");
  const fill = () => {
    fresh.hidden = chosen.value !== "new";
    const known = addresses[chosen.value] ?? {};
    for (const name of ["first_name", "last_name", "address1", "address2", "zip", "city", "province_code", "phone"]) {
      form.elements[name].value = known[name] ?? "";
    }
  };
  chosen.addEventListener("change", fill);
  fill();
}

poll();
