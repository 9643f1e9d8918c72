// Numbers as people read them, in British English.

const formats = new Map<number, Intl.NumberFormat>();

/** A value with a fixed number of digits after the point. */
export function decimal(value: number, digits: number): string {
  let format = formats.get(digits);
  if (!format) {
    format = new Intl.NumberFormat("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    formats.set(digits, format);
  }
  // A small negative number rounds to nought, not to minus nought.
  return format.format(Number(value.toFixed(digits)) || 0);
}

/** A whole number with thousands separators. */
export function count(value: number): string {
  return decimal(value, 0);
}

/** 1st, 2nd, 3rd, 4th … */
export function ordinal(place: number): string {
  const lastTwo = place % 100;
  const last = place % 10;
  const ending =
    lastTwo >= 11 && lastTwo <= 13 ? "th" : last === 1 ? "st" : last === 2 ? "nd" : last === 3 ? "rd" : "th";
  return `${count(place)}${ending}`;
}

/** A value followed by its unit; a percent sign stands close. */
export function withUnit(value: string, unit: string): string {
  return unit === "%" ? `${value}%` : `${value} ${unit}`;
}
