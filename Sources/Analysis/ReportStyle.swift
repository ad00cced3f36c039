// The styles of the report's page.

enum ReportStyle {
    static let text = """
        :root { color-scheme: light dark; --paper: #fbfaf7; --card: #ffffff; --ink: #1d2226; --soft: #5d676f;
          --rule: #dfe2e0; --gain: #1f7a5c; --loss: #b3402f; --line: #1f5f99; --area: #1f5f9922; --fall: #b3402f1c; }
        @media (prefers-color-scheme: dark) { :root { --paper: #14181b; --card: #1c2226; --ink: #e6e9ea; --soft: #9aa5ac;
          --rule: #333c42; --gain: #55bd96; --loss: #ef8673; --line: #74b4ea; --area: #74b4ea22; --fall: #ef867322; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        main { max-width: 1240px; margin: 0 auto; padding: 28px 20px 60px; }
        h1 { font-size: 26px; margin: 0; }
        .mode { font-size: 14px; font-weight: 600; padding: 2px 9px; border: 1px solid var(--rule); border-radius: 20px;
          color: var(--soft); vertical-align: middle; }
        header p { margin: 4px 0 20px; color: var(--soft); }
        h2 { font-size: 16px; margin: 0 0 10px; }
        section { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 16px 18px;
          margin: 0 0 16px; }
        .tiles { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 1px; padding: 0;
          overflow: hidden; background: var(--rule); }
        @media (max-width: 820px) { .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
        .tiles div { background: var(--card); padding: 14px 18px; }
        .tiles h2 { font-size: 13px; font-weight: 500; color: var(--soft); margin: 0; }
        .tiles p { font-size: 22px; margin: 2px 0; font-variant-numeric: tabular-nums; }
        .tiles small { color: var(--soft); font-size: 12.5px; }
        .beside .parts { display: grid; grid-template-columns: minmax(0, 3fr) minmax(220px, 1fr); gap: 18px; }
        @media (max-width: 820px) { .beside .parts { grid-template-columns: minmax(0, 1fr); } }
        .beside .scroll { max-height: 330px; overflow-y: auto; }
        .stacked figure { max-width: 860px; }
        figure { margin: 0; }
        figure p { margin: 4px 0 12px; color: var(--soft); font-size: 13.5px; }
        svg { width: 100%; height: auto; display: block; }
        .rule { stroke: var(--rule); stroke-width: 1; }
        .zero { stroke: var(--soft); stroke-width: 1.2; }
        .tick { fill: var(--soft); font-size: 11.5px; font-variant-numeric: tabular-nums; }
        .line { fill: none; stroke: var(--line); stroke-width: 1.8; stroke-linejoin: round; }
        .area { fill: var(--area); }
        .fall { fill: var(--fall); }
        .dot { fill: var(--line); }
        .gain { fill: var(--gain); }
        .loss { fill: var(--loss); }
        .scroll { overflow-x: auto; }
        .scroll:focus-visible { outline: 2px solid var(--line); outline-offset: 2px; }
        table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: 5px 7px; border-bottom: 1px solid var(--rule); white-space: nowrap;
          vertical-align: top; }
        th { color: var(--soft); font-weight: 600; position: sticky; top: 0; background: var(--card); }
        .n { text-align: right; }
        .plain td { white-space: normal; }
        .plain td:first-child, .plain .n { white-space: nowrap; }
        tfoot td { font-weight: 650; border-bottom: 0; }
        .down { color: var(--loss); }
        .nothing { color: var(--soft); }
        ul { margin: 0; padding-left: 20px; }
        @media print { body { background: #fff; } section { break-inside: avoid; } .beside .scroll { max-height: none; } }
        """
}
