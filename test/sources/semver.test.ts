import { expect, test } from "vitest";
import { compareVersions, inRange, parseRange, parseVersion } from "../../sources/_git/semver.ts";

const within = (version: string, range: string): boolean => inRange(parseVersion(version)!, parseRange(range)!);

test.each([
  ["^1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0", "1.3.0-a", "2.0.0-a"]],
  ["^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0", "0.2.2"]],
  ["^0.0.3", ["0.0.3"], ["0.0.4", "0.0.2"]],
  ["^0.0", ["0.0.0", "0.0.9"], ["0.1.0"]],
  ["^0", ["0.0.1", "0.9.9"], ["1.0.0"]],
  ["^1.x", ["1.0.0", "1.9.0"], ["2.0.0"]],
  ["~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0"]],
  ["~1.2", ["1.2.0"], ["1.3.0", "1.1.9"]],
  ["~1", ["1.0.0", "1.9.9"], ["2.0.0"]],
  [">=1.2 <2", ["1.2.0", "1.99.0"], ["2.0.0", "1.1.0", "2.0.0-a"]],
  ["> 1.2", ["1.3.0"], ["1.2.9", "1.2.0"]],
  [">1", ["2.0.0"], ["1.9.9"]],
  ["<=1.2", ["1.2.9", "0.1.0"], ["1.3.0"]],
  ["<1.2.3", ["1.2.2"], ["1.2.3"]],
  ["=1.2.3", ["1.2.3", "v1.2.3", "1.2.3+build"], ["1.2.4"]],
  ["=1.2", ["1.2.0", "1.2.7"], ["1.3.0"]],
  ["*", ["0.0.1", "9.9.9"], ["1.0.0-a"]],
  ["^1.0.0-rc.1", ["1.0.0-rc.2", "1.0.0", "1.4.0"], ["1.0.0-rc.0", "1.4.0-rc.1"]],
  ["~1.1 || ^3", ["1.1.5", "3.2.1"], ["1.2.0", "2.0.0"]],
])("range %s", (range, inside, outside) => {
  for (const version of inside) expect(within(version, range), version).toBe(true);
  for (const version of outside) expect(within(version, range), version).toBe(false);
});

test("versions are ordered as semantic versioning says", () => {
  const ordered = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.2.0",
    "1.10.0",
  ];
  for (const [index, version] of ordered.slice(1).entries()) {
    expect(compareVersions(parseVersion(ordered[index]!)!, parseVersion(version)!), version).toBeLessThan(0);
  }
});

test("what is no version and no range is not one", () => {
  for (const text of ["1", "1.2", "v1.2.3.4", "release-1.2.3", "", "1.2.x"])
    expect(parseVersion(text), text).toBeUndefined();
  for (const text of ["^", "^x", ">=1 || ", ">= 1 | 2", "^1.2.3.4", "^1,2"])
    expect(parseRange(text), text).toBeUndefined();
});
