// What the report form and the receipt gain where scripts run: a draft in this browser, only if it is asked for, and a
// button that copies. Nothing here is needed, and nothing is sent.
"use strict";
document.documentElement.classList.add("js");
document.addEventListener("DOMContentLoaded", () => {
  const key = "fairlead-draft";
  let store = null;
  try {
    store = window.localStorage;
    if (document.querySelector("[data-sent]")) store.removeItem(key);
  } catch {
    store = null;
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
        button.textContent = button.dataset.done;
      } catch {
        getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
      }
    });
  }

  const box = document.querySelector("[data-draft]");
  if (!box) return;
  const tick = box.querySelector("input"), told = box.querySelector("[role=status]"), form = box.closest("form");
  if (!store) {
    tick.disabled = true;
    return;
  }
  const fields = () => [...form.elements].filter((f) => f.name && !["hidden", "file", "submit", "button", "password"].includes(f.type));
  const say = (what) => { told.textContent = box.dataset[what] || ""; };

  const save = () => {
    if (!tick.checked) return;
    const words = {};
    for (const f of fields()) {
      if (f.type === "radio" || f.type === "checkbox" ? f.checked : f.value) words[f.name] = f.value;
    }
    try {
      store.setItem(key, JSON.stringify(words));
      say("kept");
    } catch {
      say("full");
    }
  };

  let found = null;
  try {
    found = JSON.parse(store.getItem(key));
  } catch {
    store.removeItem(key);
  }
  if (found) {
    tick.checked = true;
    const chosen = new Set(fields().filter((f) => f.checked).map((f) => f.name));
    for (const f of fields()) {
      if (typeof found[f.name] !== "string") continue;
      if (f.type === "radio" || f.type === "checkbox") {
        if (!chosen.has(f.name)) f.checked = f.value === found[f.name];
      } else if (!f.value) {
        f.value = found[f.name];
      }
    }
    say("back");
  }
  let soon = 0;
  form.addEventListener("input", () => {
    clearTimeout(soon);
    soon = setTimeout(save, 500);
  });
  addEventListener("pagehide", save);
  tick.addEventListener("change", () => {
    if (tick.checked) return save();
    clearTimeout(soon);
    store.removeItem(key);
    say("gone");
  });
});
