// The judges and the report of the fault lab, which are .mjs.

export const { judgeProducing, sendsOf } = require('../../tools/faults/judge/producing.mjs');
export const { deliveriesOf, judgeConsuming } = require('../../tools/faults/judge/consuming.mjs');
export const { violations } = require('../../tools/faults/judge/demands.mjs');
export const { parseLog } = require('../../tools/faults/oracle/oracle.mjs');
export const { markdown } = require('../../tools/faults/report.mjs');
