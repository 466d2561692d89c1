/** The 31 error classes of KafkaJS. */
export { KafkaJSDeleteGroupsError, KafkaJSDeleteTopicRecordsError } from './admin.js';
export { KafkaJSAggregateError, KafkaJSError, KafkaJSNonRetriableError } from './base.js';
export {
  KafkaJSFetcherRebalanceError,
  KafkaJSInvalidLongError,
  KafkaJSInvalidVarIntError,
  KafkaJSInvariantViolation,
  KafkaJSLockTimeout,
  KafkaJSNotImplemented,
  KafkaJSPartialMessageError,
  KafkaJSTimeout,
  KafkaJSUnsupportedMagicByteInMessageSet,
} from './client.js';
export {
  KafkaJSConnectionClosedError,
  KafkaJSConnectionError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSRequestTimeoutError,
  KafkaJSSASLAuthenticationError,
  KafkaJSServerDoesNotSupportApiKey,
} from './connection.js';
export {
  KafkaJSBrokerNotFound,
  KafkaJSGroupCoordinatorNotFound,
  KafkaJSMetadataNotLoaded,
  KafkaJSNoBrokerAvailableError,
  KafkaJSStaleTopicMetadataAssignment,
  KafkaJSTopicMetadataNotLoaded,
} from './metadata.js';
export {
  KafkaJSAlterPartitionReassignmentsError,
  KafkaJSCreateTopicError,
  KafkaJSMemberIdRequired,
  KafkaJSOffsetOutOfRange,
  KafkaJSProtocolError,
} from './protocol.js';
