export { type CallObserver, type ObservedCall } from './call-record.ts';
export { cloudTrailSink, type CloudTrailOptions } from './cloudtrail.ts';
export { Deliverer, type DelivererNeeds } from './deliverer.ts';
export {
  type Message,
  MESSAGE_KINDS,
  type MessageKind,
  messageOfEvent,
  messageOfRecord,
  unpackMessage,
} from './message.ts';
export type { TrailRecord } from './trail-record.ts';
export { type Delivery, DELIVERED, type Sent, type Sink } from './sink.ts';
export { eventBridgeSink, type EventBridgeOptions } from './eventbridge.ts';
export { linesSink } from './lines.ts';
export { CallRecorder } from './recorder.ts';
export { newSigningKey, signingKeyOf } from './signing-key.ts';
export { TaskTrace } from './task-trace.ts';
export { type TrailPlace } from './trail-files.ts';
export { type TrailReader, type Verdict, verifyTrail } from './verify.ts';
export { WEBHOOK_SHAPES, type WebhookShape, webhookSink } from './webhook.ts';
