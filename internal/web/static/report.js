// What the report form and the receipt gain where scripts run: a draft in this browser, only if it is asked for, and a
// button that copies. Nothing here is needed, and nothing is sent.
"use strict";
document.documentElement.classList.add("js");
// A step that the address names is shown once the browser has found it, and not the first one before it.
if (location.hash) document.documentElement.classList.add("aimed");
addEventListener("load", () => document.documentElement.classList.remove("aimed"));
document.addEventListener("DOMContentLoaded", () => {
  const key = "fairlead-draft";
  // The numbers of the forms that were sent in this tab: what stands in one of them is no draft any more.
  const sent = "fairlead-sent", numbers = () => (sessionStorage.getItem(sent) || "").split(" ");
  let store = null;
  try {
    store = window.localStorage;
    const number = document.querySelector("[data-number]");
    if (number) sessionStorage.setItem(sent, [...numbers().slice(-50), number.dataset.number].join(" "));
    if (document.querySelector("[data-sent]")) store.removeItem(key);
  } catch {
    store = null;
  }

  // What does nothing without a script is made by it, so that no reader without one meets it.
  const make = (kind, set, ...within) => {
    const e = Object.assign(document.createElement(kind), set);
    e.append(...within);
    return e;
  };

  for (const place of document.querySelectorAll("[data-copy]")) {
    const words = document.getElementById(place.dataset.copy);
    const button = make("button", { type: "button", textContent: place.dataset.label });
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(words.textContent);
        button.textContent = place.dataset.done;
      } catch {
        getSelection().selectAllChildren(words);
      }
    });
    place.replaceWith(button);
  }

  // A receipt that is typed is shown or hidden in its place.
  for (const button of document.querySelectorAll("[data-shows]")) {
    const field = document.getElementById(button.dataset.shows);
    button.addEventListener("click", (e) => {
      e.preventDefault();
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      field.autocapitalize = "none"; // of a password there is none to turn off
      button.textContent = shown ? button.dataset.show : button.dataset.hide;
      field.focus();
    });
  }

  // What stands beside the form where there is room is open; on a phone it would stand before it.
  const rules = document.querySelector(".before.rules");
  if (rules) rules.open = matchMedia("(min-width: 62rem)").matches;

  // The price of a report, where the policy asks for one: computed while the reporter types.
  const stamp = document.querySelector("[name=work]"), answer = document.querySelector("[name=worked]");
  if (stamp && answer && !answer.value && window.crypto?.subtle) {
    const text = new TextEncoder(), most = 2 ** (32 - Number(stamp.dataset.bits));
    stamp.form.addEventListener("focusin", async () => {
      for (let i = 0; ; i++) {
        const sum = await crypto.subtle.digest("SHA-256", text.encode(stamp.value + ":" + i));
        if (new DataView(sum).getUint32(0) < most) return void (answer.value = i);
      }
    }, { once: true });
  }

  // Another language begins at the step that is shown: only the address knows it.
  for (const button of document.querySelectorAll("button[form=whole][formaction]")) {
    button.addEventListener("click", () => { button.formAction = button.formAction.split("#")[0] + location.hash; });
  }

  const box = document.querySelector("[data-draft]");
  if (!box) return;
  const form = box.closest("form"), tick = make("input", { type: "checkbox", autocomplete: "off" }), told = make("p", { role: "status" });
  tick.setAttribute("aria-describedby", "draft-help");
  tick.disabled = !store;
  box.append(
    make("label", { className: "choice" }, tick, make("span", { textContent: box.dataset.draft })),
    make("p", { id: "draft-help", className: "soft", textContent: box.dataset.help }),
    told,
  );
  if (!store) return;
  const fields = () => [...form.elements].filter((f) => f.name && !["hidden", "file", "submit", "button", "password"].includes(f.type));
  const say = (what) => { told.textContent = box.dataset[what] || ""; };

  const gone = () => {
    if (!numbers().includes(form.elements.once.value)) return false;
    tick.checked = false;
    tick.disabled = true;
    const before = document.getElementById("sent-before");
    if (!before) return true;
    const { title, text, thread, add, report, empty } = before.dataset;
    const notice = make(
      "div", { className: "notice warn" },
      make("p", { className: "notice-title", textContent: title }), make("p", { textContent: text }),
      make("p", {}, make("a", { href: thread, textContent: add }), " · ", make("a", { href: report, textContent: empty })),
    );
    notice.setAttribute("role", "status");
    before.replaceWith(notice);
    return true;
  };

  const save = () => {
    if (gone() || !tick.checked) return;
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

  // Shown again by a step back, whether the browser built it anew or had kept it.
  addEventListener("pageshow", gone);
  let found = null;
  try {
    found = gone() ? null : JSON.parse(store.getItem(key));
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
