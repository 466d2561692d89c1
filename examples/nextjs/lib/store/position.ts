// Where an event stands in Kafka. At-least-once delivery becomes exactly-once effect by remembering it with the effect.

export interface Position {
  /** Offsets of another cluster are other events. */
  cluster: string;
  topic: string;
  partition: number;
  /** Decimal. */
  offset: string;
}
