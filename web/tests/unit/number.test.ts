import assert from "node:assert/strict";
import { test } from "node:test";

import { count, decimal, ordinal, withUnit } from "../../src/number.ts";

test("numbers have thousands separators and the digits asked for", () => {
  assert.equal(count(34753), "34,753");
  assert.equal(decimal(1234.5, 2), "1,234.50");
  assert.equal(decimal(-0.01, 1), "0.0");
});

test("places end as they are spoken", () => {
  const spoken = [1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111, 1002].map(ordinal);
  assert.deepEqual(
    spoken,
    ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st", "111th", "1,002nd"],
  );
});

test("a percent sign stands close, other units apart", () => {
  assert.equal(withUnit("12.5", "%"), "12.5%");
  assert.equal(withUnit("12.5", "minutes"), "12.5 minutes");
});
