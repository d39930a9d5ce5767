// At most one value of a table is primary: ticking one unticks the others. The server checks it too.
document.addEventListener("change", (event) => {
    const name = /^(.+)-\d+-primary$/.exec(event.target.name || "");
    if (!name || !event.target.checked) return;
    for (const box of document.querySelectorAll(`input[name^="${name[1]}-"][name$="-primary"]`)) {
        if (box !== event.target) box.checked = false;
    }
});
