/** One plain sheet: readable in light and dark, nothing to load. */
export const STYLE = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
pre { background: color-mix(in srgb, currentColor 6%, transparent); border-radius: 6px; overflow-x: auto; padding: .75rem; white-space: pre-wrap; }
section { border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-left-width: 4px; border-radius: 6px; margin: 1rem 0; padding: .5rem 1rem; }
section.success { border-left-color: #1a7f37; }
section.failure, section.action_required { border-left-color: #cf222e; }
section.neutral { border-left-color: #9a6700; }
li.failure b { color: #cf222e; }
li.warning b { color: #9a6700; }
table { border-collapse: collapse; font-size: .9em; margin: .75rem 0; }
th, td { border: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .25rem .6rem; text-align: left; }
code { background: color-mix(in srgb, currentColor 8%, transparent); border-radius: 4px; padding: .1em .3em; }
pre code { background: none; padding: 0; }
small { font-weight: normal; opacity: .7; }
.button { border: 1px solid currentColor; border-radius: 6px; display: inline-block; margin-right: .5rem; padding: .1rem .6rem; }
`;
