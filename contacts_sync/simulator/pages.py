"""The look of the simulator's pages; one stylesheet, no scripts, everything escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

_CSS = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --paper: #f3f5f8;
  --card: #fff; --line: #d5dae1; --accent: #0b5cad; --on-accent: #fff; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a3abb5; --paper: #16191d;
  --card: #1f2429; --line: #3a424b; --accent: #6cb2f5; --on-accent: #0b1a2a; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", sans-serif; }
header { padding: .75rem 1rem; background: var(--card); border-bottom: 1px solid var(--line);
  display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: baseline; }
header strong { margin-right: auto; }
main { max-width: 62rem; margin: 1.25rem auto; padding: 0 1rem; }
main.narrow { max-width: 28rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  padding: 1.25rem; margin-bottom: 1rem; overflow-x: auto; }
h1 { font-size: 1.4rem; margin: 0 0 .75rem; } h2 { font-size: 1.1rem; margin: 0 0 .5rem; }
a { color: var(--accent); } .soft { color: var(--soft); } .bad { color: var(--bad); }
p { margin: .25rem 0 .75rem; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; padding: .4rem .5rem; border-top: 1px solid var(--line);
  vertical-align: top; overflow-wrap: break-word; }
#requests td { overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; border-top: 0; }
label { display: block; font-size: .875rem; color: var(--soft); }
input, select, textarea { width: 100%; min-height: 2.5rem; padding: .45rem .6rem; font: inherit; color: inherit;
  background: var(--paper); border: 1px solid var(--line); border-radius: .35rem; }
button, .button { display: inline-block; min-height: 2.5rem; margin: 0 0 .25rem; padding: .45rem .9rem; font: inherit; cursor: pointer;
  border: 1px solid var(--line); border-radius: .35rem; background: var(--card);
  color: var(--ink); text-decoration: none; }
button.main, .button.main { background: var(--accent); border-color: var(--accent);
  color: var(--on-accent); }
button.wide { width: 100%; text-align: left; margin-bottom: .5rem; padding: .7rem .9rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.grid { display: grid; gap: .75rem 1rem; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; margin: .75rem 0; }
.row > .grow { flex: 1 1 14rem; } .row > button { margin: 0; }
fieldset { border: 0; padding: 0; margin: 0 0 1.25rem; }
legend { font-weight: 600; padding: 0; margin-bottom: .4rem; }
form.inline { display: inline; }
@media (max-width: 36rem) { .optional { display: none; } }
"""


def layout(title: str, body: str, narrow: bool = False, links: bool = True) -> str:
    """Give a whole page around ready-made HTML."""
    navigation = (
        '<a id="nav-people" href="/people/">Mailboxes</a>'
        '<a id="nav-simulator" href="/simulator/">Controls</a>'
        if links
        else ""
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · Simulated Outlook</title><style>{_CSS}</style></head><body>"
        f"<header><strong>Simulated Outlook</strong>{navigation}</header>"
        f'<main class="{"narrow" if narrow else "wide"}">{body}</main></body></html>'
    )


def card(title: str, body: str, level: int = 1) -> str:
    return f'<section class="card"><h{level}>{escape(title)}</h{level}>{body}</section>'


def text_input(name: str, label: str, value: str = "", kind: str = "text", ident: str = "") -> str:
    """Give a labelled input; its id is its name unless two on a page share it."""
    ident = escape(ident or name)
    return (
        f'<div><label for="{ident}">{escape(label)}</label>'
        f'<input id="{ident}" name="{escape(name)}" type="{kind}" '
        f'value="{escape(value)}" autocomplete="off"></div>'
    )


def text_area(name: str, label: str, value: str = "", rows: int = 2) -> str:
    # A line break right after the tag is not part of the text.
    return (
        f'<div><label for="{escape(name)}">{escape(label)}</label>'
        f'<textarea id="{escape(name)}" name="{escape(name)}" rows="{rows}">\n'
        f"{escape(value)}</textarea></div>"
    )


def choice(name: str, label: str, options: Iterable[tuple[str, str]], chosen: str = "") -> str:
    entries = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
        f"{escape(text)}</option>"
        for value, text in options
    )
    return (
        f'<div><label for="{escape(name)}">{escape(label)}</label>'
        f'<select id="{escape(name)}" name="{escape(name)}">{entries}</select></div>'
    )


def button(label: str, name: str, value: str = "", main: bool = False, wide: bool = False) -> str:
    """Give a submit button; its id is its name, with the value where several share a name."""
    classes = " ".join(word for word, on in (("main", main), ("wide", wide)) if on)
    return (
        f'<button type="submit" id="{escape(name)}{"-" + escape(value) if value else ""}" '
        f'name="{escape(name)}" value="{escape(value)}" class="{classes}">{escape(label)}</button>'
    )


def hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
