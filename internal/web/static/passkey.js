// Talks to the device that keeps a passkey, and posts what it answers with the
// form that asked. What a page was made for stands on it; the sign-in alone asks for
// a challenge by itself, so that a passkey can be chosen where the address is typed.
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join(""))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const create = async (o) => {
    const made = await navigator.credentials.create({
      publicKey: { ...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: named(o.excludeCredentials) },
    });
    const r = made.response;
    return [made, { attestationObject: text(r.attestationObject), transports: r.getTransports ? r.getTransports() : [] }];
  };
  const get = async (o, how) => {
    const shown = await navigator.credentials.get({
      publicKey: { ...o, challenge: bytes(o.challenge), allowCredentials: named(o.allowCredentials) }, ...how,
    });
    const r = shown.response;
    const out = { authenticatorData: text(r.authenticatorData), signature: text(r.signature) };
    if (r.userHandle) {
      out.userHandle = text(r.userHandle);
    }
    return [shown, out];
  };
  const answer = ([key, response]) => {
    response.clientDataJSON = text(key.response.clientDataJSON);
    return JSON.stringify({
      id: key.id, rawId: text(key.rawId), type: key.type, authenticatorAttachment: key.authenticatorAttachment || undefined,
      clientExtensionResults: key.getClientExtensionResults(), response,
    });
  };

  // The passkeys of this device are offered among what the browser fills in. Where it
  // cannot, or anything goes wrong, the button below is there all the same. A challenge
  // does not last, so it is renewed before it ends, for as long as somebody may still come.
  const renewals = 12;
  const offer = async (form) => {
    if (!window.PublicKeyCredential || !PublicKeyCredential.isConditionalMediationAvailable || !(await PublicKeyCredential.isConditionalMediationAvailable())) {
      return;
    }
    for (let i = 0; i < renewals; i++) {
      const given = await fetch(form.dataset.quiet, { method: "POST" });
      if (!given.ok) {
        return;
      }
      const asked = await given.json();
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), asked.options.timeout * 0.8);
      try {
        const shown = answer(await get(asked.options, { mediation: "conditional", signal: late.signal }));
        for (const [name, value] of [["ceremony", asked.ceremony], ["answer", shown]]) {
          const field = document.createElement("input");
          field.type = "hidden";
          field.name = name;
          field.value = value;
          form.append(field);
        }
        form.submit();
        return;
      } catch (problem) {
        if (problem.name !== "AbortError") {
          return;
        }
      } finally {
        clearTimeout(timer);
      }
    }
  };
  const quiet = document.querySelector("form[data-quiet]");
  if (quiet && !document.documentElement.classList.contains("came")) { // a link is all that its page offers
    offer(quiet).catch(() => {});
  }

  const form = document.querySelector("form[data-passkey]");
  if (!form) {
    return;
  }
  const part = (name) => form.querySelector("[data-" + name + "]");
  const show = (why) => {
    for (const one of form.querySelectorAll("[data-failed]")) {
      one.hidden = one.dataset.failed !== why;
    }
    part("wait").hidden = why !== "";
    part("again").hidden = why === "";
  };

  const whys = { InvalidStateError: "known", NotAllowedError: "refused", AbortError: "refused", SecurityError: "place" };
  const ask = async () => {
    if (!window.PublicKeyCredential) {
      show("unsupported");
      return;
    }
    show("");
    try {
      const options = JSON.parse(form.dataset.options);
      part("answer").value = answer(await (form.dataset.passkey === "create" ? create(options) : get(options)));
      form.submit();
    } catch (problem) {
      show(whys[problem.name] || "failed");
    }
  };
  form.addEventListener("submit", (e) => {
    e.preventDefault(); // it is sent when there is an answer
    ask();
  });
  ask();
})();
