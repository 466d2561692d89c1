/** A number as librdkafka takes it: the nearest whole one within its limits. */
export const within = (value: number, least: number, most: number): string =>
  String(Math.min(Math.max(Math.round(value), least), most));
