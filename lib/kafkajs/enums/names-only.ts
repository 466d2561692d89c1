/**
 * KafkaJS declares enums to TypeScript and gives plain objects of names at run time. What TypeScript compiles an enum to
 * has the numbers as keys, too: a program that lists the names would see them.
 */
export function namesOnly(...enums: object[]): void {
  for (const each of enums) {
    for (const key of Object.keys(each)) if (/^\d+$/.test(key)) delete (each as Record<string, unknown>)[key];
  }
}
