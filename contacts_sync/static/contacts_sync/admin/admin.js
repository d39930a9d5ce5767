// At most one value of a table is primary: ticking one unticks the others. The server checks it too.
document.addEventListener("change", (event) => {
    const name = /^(.+)-\d+-primary$/.exec(event.target.name || "");
    if (!name || !event.target.checked) return;
    for (const box of document.querySelectorAll(`input[name^="${name[1]}-"][name$="-primary"]`)) {
        if (box !== event.target) box.checked = false;
    }
});

// What the theme's scripts make is named like what it stands for. They come late, and again.
function nameParts() {
    document.querySelectorAll(".simplebar-content-wrapper:not([data-named])").forEach((region, index) => {
        const heading = region.closest("[id$='-group']")?.querySelector("h2, h3");
        const name = heading?.textContent.trim() || region.getAttribute("aria-label");
        region.setAttribute("aria-label", `${name} (${index + 1})`);
        region.dataset.named = "";
    });
    for (const list of document.querySelectorAll("select.select2-hidden-accessible")) {
        const name = list.labels[0]?.textContent.trim() || list.getAttribute("aria-label") || list.name;
        const parts = list.nextElementSibling?.querySelectorAll("[role=combobox], [role=textbox]") || [];
        for (const part of parts) {
            if (part.getAttribute("aria-label") === name) continue;
            part.setAttribute("aria-label", name);
            part.removeAttribute("aria-labelledby");
        }
    }
}
new MutationObserver(nameParts).observe(document.body, { childList: true, subtree: true });
nameParts();
