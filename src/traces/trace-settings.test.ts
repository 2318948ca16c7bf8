import { describe, expect, it } from 'vitest';
import { traceSettings } from './trace-settings.ts';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:secret@collector:4318' };

describe('the variables of OpenTelemetry', () => {
  it.each([
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' },
    { OTEL_SERVICE_NAME: 'x', OTEL_TRACES_EXPORTER: 'otlp' },
    { ...endpoint, OTEL_SDK_DISABLED: 'TRUE' },
    { ...endpoint, OTEL_TRACES_EXPORTER: 'none' },
  ])('ask for no spans, without a warning: %j', (variables) => {
    expect(traceSettings(variables)).toEqual({ warnings: [] });
  });

  it.each([
    [endpoint, 'collector:4318'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/v1/traces' }, 'traces.example'],
    [{ ...endpoint, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://other' }, 'other'],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'false', OTEL_TRACES_EXPORTER: 'console, OTLP' }, 'collector:4318'],
  ])('name a collector, of which only host and port are shown: %j', (variables, collector) => {
    const plain = { protocol: 'http/protobuf', isContinued: true, hasContent: false };
    expect(traceSettings(variables)).toEqual({ settings: { ...plain, collector }, warnings: [] });
  });

  it.each([
    ['collector:4318', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['localhost', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['unix:///run/otel.sock', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  ])('that name no URL of HTTP are warned of: %s', (text, name) => {
    const { settings, warnings } = traceSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: text });
    expect(settings).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining(name)]);
  });

  it('choose the encoding, and gRPC is not one of them', () => {
    const of = (variables: object) => traceSettings({ ...endpoint, ...variables });
    expect(of({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }).settings?.protocol).toBe('http/json');
    const both = {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    };
    expect(of(both).settings?.protocol).toBe('http/protobuf');
    const { settings, warnings } = of({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' });
    expect(settings?.protocol).toBe('http/protobuf');
    expect(warnings).toEqual([expect.stringContaining('4318')]);
  });

  it.each([
    ['true', true],
    ['SPAN_ONLY', true],
    ['span_and_event', true],
    ['false', false],
    ['no_content', false],
    ['event_only', false],
    ['', false],
  ])('say whether what is said is sent: %j', (text, hasContent) => {
    const choice = traceSettings({ ...endpoint, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: text });
    expect(choice).toMatchObject({ settings: { hasContent }, warnings: [] });
  });

  it.each(['constructor', '1', 'all'])('do not send what is said for a word that is unknown: %s', (text) => {
    const choice = traceSettings({ ...endpoint, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: text });
    expect(choice.settings?.hasContent).toBe(false);
    expect(choice.warnings).toHaveLength(1);
  });

  it('warn of exporters that are not ours', () => {
    const { settings, warnings } = traceSettings({ ...endpoint, OTEL_TRACES_EXPORTER: 'zipkin' });
    expect(settings).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });
});
