// The command line.

import { GROUPS, WORKLOADS } from './workloads/list.mjs';

export const ADAPTERS = ['native', 'kafka4', 'kafka4-kafkajs', 'kafkajs', 'platformatic', 'kafka-crab', 'confluent'];

const USAGE = `--quick --again --rounds=N --messages=N --only=workload|group,… --adapters=name,… | --memory --minutes=N --rate=N
  workloads: ${WORKLOADS.map(({ name }) => name).join(' ')}
  groups: ${GROUPS.join(' ')}
  adapters: ${ADAPTERS.join(' ')}`;

/** A full run's share of messages in a quick one. */
const QUICK = 0.2;

export function readArguments(args) {
  const strange = args.find(
    (arg) => !/^--(quick|again|memory|(rounds|messages|only|adapters|minutes|rate)=.+)$/.test(arg),
  );
  if (strange !== undefined) throw new Error(`${strange} is no option: ${USAGE}`);
  const text = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const number = (name, standard) => {
    const value = Number(text(name) ?? standard);
    if (!(Number.isInteger(value) && value >= 1)) throw new Error(`--${name} must be a whole number from 1`);
    return value;
  };
  const list = (name, all) => {
    const wanted = text(name)?.split(',');
    const unknown = wanted?.filter((each) => !all.includes(each)) ?? [];
    if (unknown.length > 0) throw new Error(`--${name}: ${unknown.join(', ')} is none of ${all.join(', ')}`);
    return wanted;
  };
  const quick = args.includes('--quick');
  const only = list('only', [...GROUPS, ...WORKLOADS.map(({ name }) => name)]);
  const most = text('messages') === undefined ? Number.POSITIVE_INFINITY : number('messages');
  return {
    quick,
    again: args.includes('--again'),
    rounds: number('rounds', quick ? 2 : 3),
    wants: ({ name, group }) => only?.some((each) => each === name || each === group) ?? true,
    /** By its own name or its group's. */
    asked: ({ name, group }) => only?.some((each) => each === name || each === group) ?? false,
    adapters: list('adapters', ADAPTERS) ?? ADAPTERS,
    count: (messages) => Math.min(Math.round(messages * (quick ? QUICK : 1)), most),
    trial: Number.isFinite(most) ? most : undefined,
    memory: args.includes('--memory'),
    minutes: number('minutes', 10),
    rate: number('rate', 20_000),
  };
}
