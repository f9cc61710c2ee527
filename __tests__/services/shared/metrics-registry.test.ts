import { MetricsRegistry } from "../../../services/shared/metrics-registry";

test("renders Prometheus' text format", () => {
  const registry = new MetricsRegistry();
  const counter = registry.counter("hits_total", "Hits.", ["name"]);
  counter.add(2, ['a "b"\\\n']);
  counter.add(1, ['a "b"\\\n']);
  registry.gauge("level", "Level.", () => 7);
  const sizes = registry.histogram("size", "Size.", ["kind"], [1, 5]);
  for (const value of [0.5, 1, 3, 99]) sizes.observe(value, ["x"]);
  expect(registry.render()).toBe(
    [
      "# HELP hits_total Hits.",
      "# TYPE hits_total counter",
      'hits_total{name="a \\"b\\"\\\\\\n"} 3',
      "# HELP level Level.",
      "# TYPE level gauge",
      "level 7",
      "# HELP size Size.",
      "# TYPE size histogram",
      'size_bucket{kind="x",le="1"} 2',
      'size_bucket{kind="x",le="5"} 3',
      'size_bucket{kind="x",le="+Inf"} 4',
      'size_sum{kind="x"} 103.5',
      'size_count{kind="x"} 4',
      "",
    ].join("\n"),
  );
});

test("a flood of labels ends in one series", () => {
  const registry = new MetricsRegistry();
  const counter = registry.counter("hits_total", "Hits.", ["name"]);
  for (let index = 0; index < 5000; index += 1) counter.add(1, [`n${index}`]);
  const lines = registry.render().split("\n");
  expect(lines.length).toBeLessThan(1010);
  expect(lines).toContain('hits_total{name="other"} 4000');
});

test("a gauge with labels shows what there is at the scrape, and no more", () => {
  const registry = new MetricsRegistry();
  let cooling = ["a", 'b"'];
  registry.gauges("cooling_down", "Left alone.", ["deployment"], () =>
    cooling.map((id) => [[id], 1] as const),
  );
  expect(registry.render().split("\n")).toEqual([
    "# HELP cooling_down Left alone.",
    "# TYPE cooling_down gauge",
    'cooling_down{deployment="a"} 1',
    'cooling_down{deployment="b\\""} 1',
    "",
  ]);
  cooling = [];
  expect(registry.render()).not.toContain("{");
  cooling = Array.from({ length: 5000 }, (_, index) => `n${index}`);
  expect(registry.render().split("\n").length).toBeLessThan(1010);
});
