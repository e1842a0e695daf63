// Draws a dashboard of Grafana's own form with the components that Grafana publishes of itself.
// `window.shown` has what is drawn: `panels` as in dashboard.json, `answers` of each panel by its
// id, as Prometheus gave them, and the time from and to, in milliseconds.
//
// Panels, numbers, curves, axes, units, thresholds and colours are @grafana/ui's and
// @grafana/data's. Two kinds of panels are not among what is published: their axes and names are
// Grafana's, their cells are painted here.

import {
  createTheme,
  dateTime,
  FieldType,
  getDisplayProcessor,
  getDisplayValueAlignmentFactors,
  getFieldDisplayName,
  getFieldSeriesColor,
  reduceField,
  ThemeContext,
  toDataFrame,
} from "@grafana/data";
import {
  BigValue,
  GlobalStyles,
  PanelChrome,
  TimeSeries,
  UPlotChart,
  UPlotConfigBuilder,
  VizRepeater,
} from "@grafana/ui";
import * as schemes from "d3-scale-chromatic";
import { createRoot } from "react-dom/client";

const CELL_HEIGHT = 30;
const GAP = 8;
const COLUMNS = 24;
const NAMES_WIDTH = 150;

const { panels, answers, from, to } = window.shown;
const theme = createTheme({ colors: { mode: "dark" } });
const timeZone = "utc";
const timeRange = { from: dateTime(from), to: dateTime(to), raw: { from: "now-5m", to: "now" } };

// What the datasource calls a series; nothing where it is to be called by its labels.
const nameOf = (legend, labels) =>
  legend === "__auto" ? undefined : legend.replace(/{{(\w+)}}/g, (_, key) => labels[key] ?? "");

function framesOf(panel) {
  const { custom, ...defaults } = panel.fieldConfig.defaults;
  const frames = answers[panel.id].flatMap(({ legend, series }) =>
    series.map(({ metric, values }) =>
      toDataFrame({
        fields: [
          { name: "Time", type: FieldType.time, values: values.map(([when]) => when * 1000) },
          {
            name: "Value",
            type: FieldType.number,
            labels: metric,
            values: values.map(([, value]) => Number(value)),
            config: { ...defaults, custom, displayNameFromDS: nameOf(legend, metric) },
          },
        ],
      }),
    ),
  );
  frames.forEach((frame, index) => {
    for (const field of frame.fields) {
      field.state = { ...field.state, seriesIndex: index };
      field.display = getDisplayProcessor({ field, theme, timeZone });
    }
    frame.name = getFieldDisplayName(frame.fields[1], frame, frames);
  });
  return frames;
}

function Stat({ panel, frames, width, height }) {
  const { options } = panel;
  const [reducer] = options.reduceOptions.calcs;
  const shown = frames.map((frame) => {
    const [, field] = frame.fields;
    const value = reduceField({ field, reducers: [reducer] })[reducer];
    return { ...field.display(value), title: frame.name };
  });
  return (
    <VizRepeater
      getValues={() => shown}
      getAlignmentFactors={(values) =>
        getDisplayValueAlignmentFactors(values.map((display) => ({ display })))
      }
      renderValue={({ value, width, height, count, alignmentFactors }) => (
        <BigValue {...options} {...{ width, height, theme, count, value, alignmentFactors }} />
      )}
      renderCounter={0}
      {...{ width, height }}
      orientation="auto"
      source={panel}
      autoGrid
    />
  );
}

function Curves({ panel, frames, width, height }) {
  const { legend } = panel.options;
  return <TimeSeries {...{ frames, width, height, timeRange, timeZone, legend }} />;
}

// A chart whose rows have names; `paint` is given what paints a cell of one.
function Rows({ names, width, height, paint }) {
  const builder = new UPlotConfigBuilder(timeZone);
  builder.addScale({
    scaleKey: "x",
    orientation: 0,
    direction: 1,
    isTime: true,
    range: () => [from, to],
  });
  builder.addScale({
    scaleKey: "rows",
    orientation: 1,
    direction: 1,
    range: () => [-0.5, names.length - 0.5],
  });
  builder.addAxis({ scaleKey: "x", isTime: true, placement: "bottom", timeZone, theme });
  builder.addAxis({
    scaleKey: "rows",
    placement: "left",
    theme,
    size: NAMES_WIDTH,
    splits: names.map((_, row) => row),
    values: () => names,
    grid: { show: false },
  });
  builder.addSeries({ scaleKey: "rows", theme, show: false, pathBuilder: () => null });
  builder.addHook("drawClear", (plot) => {
    const high = plot.valToPos(0, "rows", true) - plot.valToPos(1, "rows", true);
    paint((colour, row, { start, end }, share) => {
      const [left, right] = [start, end].map((when) =>
        Math.round(plot.valToPos(Math.max(when, from), "x", true)),
      );
      const top = plot.valToPos(row, "rows", true) - (high * share) / 2;
      plot.ctx.fillStyle = colour;
      plot.ctx.fillRect(left, top, right - left, high * share);
    });
  });
  const times = [from, to];
  return <UPlotChart config={builder} data={[times, times.map(() => 0)]} {...{ width, height }} />;
}

function spansOf(frame) {
  const [times, values] = frame.fields.map((field) => field.values);
  return times.slice(1).map((end, index) => ({ start: times[index], end, value: values[index] }));
}

function StateTimeline({ frames, width, height }) {
  const paint = (cell) =>
    frames.forEach((frame, row) =>
      spansOf(frame).forEach((span) => {
        if (span.value) {
          cell(getFieldSeriesColor(frame.fields[1], theme).color, row, span, 0.9);
        }
      }),
    );
  return <Rows names={frames.map(({ name }) => name)} {...{ width, height, paint }} />;
}

// How many fell between a bucket's bound and the one before it: what Grafana makes of Prometheus'
// cumulated buckets.
function bucketsOf(frames) {
  const bound = ({ name }) => Number(name.replace("+Inf", "Infinity"));
  const sorted = frames.toSorted((one, other) => bound(one) - bound(other));
  return sorted.map((frame, index) => ({
    name: frame.name,
    spans: spansOf(frame).map((span) => {
      const below = index && spansOf(sorted[index - 1]).find(({ start }) => start === span.start);
      return { ...span, value: Math.max(0, span.value - (below ? below.value : 0)) };
    }),
  }));
}

function Heatmap({ panel, frames, width, height }) {
  const buckets = bucketsOf(frames);
  const highest = Math.max(...buckets.flatMap(({ spans }) => spans.map(({ value }) => value)));
  const scheme = schemes[`interpolate${panel.options.color.scheme}`];
  const paint = (cell) =>
    buckets.forEach(({ spans }, row) =>
      spans.forEach((span) => {
        if (span.value) {
          // As Grafana has it on dark: what is most is lightest.
          cell(scheme(1 - span.value / highest), row, span, 0.95);
        }
      }),
    );
  return <Rows names={buckets.map(({ name }) => name)} {...{ width, height, paint }} />;
}

function NoData({ width, height }) {
  return <div style={{ width, height, display: "grid", placeItems: "center" }}>No data</div>;
}

const DRAWN = {
  stat: Stat,
  timeseries: Curves,
  "state-timeline": StateTimeline,
  heatmap: Heatmap,
};

function Panel({ panel, column }) {
  const { x, y, w, h } = panel.gridPos;
  const place = { position: "absolute", left: x * column, top: y * (CELL_HEIGHT + GAP) };
  if (panel.type === "row") {
    return <h3 style={{ ...place, margin: 0, fontSize: 16 }}>{panel.title}</h3>;
  }
  const frames = framesOf(panel);
  const Kind = frames.length ? DRAWN[panel.type] : NoData;
  return (
    <div style={place}>
      <PanelChrome title={panel.title} width={w * column - GAP} height={h * (CELL_HEIGHT + GAP) - GAP}>
        {(width, height) => <Kind {...{ panel, frames, width, height }} />}
      </PanelChrome>
    </div>
  );
}

function Dashboard() {
  const column = (document.body.clientWidth - 2 * GAP) / COLUMNS;
  const rows = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <main style={{ position: "relative", margin: GAP, height: rows * (CELL_HEIGHT + GAP) }}>
        {panels.map((panel) => (
          <Panel key={panel.id} {...{ panel, column }} />
        ))}
      </main>
    </ThemeContext.Provider>
  );
}

createRoot(document.getElementById("dashboard")).render(<Dashboard />);
