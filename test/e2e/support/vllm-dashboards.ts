/**
 * The names of metrics that vLLM's published dashboards read: those of `tools/generate_grafana_dashboards.py` (September 2026),
 * and those of its release 0.32 in `examples/observability`. `up` is Prometheus' own.
 */
export const dashboardMetrics = {
  /** Names of counters and gauges as they are on the page. */
  values: [
    'vllm:num_requests_running',
    'vllm:num_requests_waiting',
    'vllm:num_requests_waiting_by_reason',
    'vllm:kv_cache_usage_perc',
    'vllm:engine_sleep_state',
    'vllm:cache_config_info',
    'vllm:prompt_tokens_total',
    'vllm:prompt_tokens_cached_total',
    'vllm:prompt_tokens_by_source_total',
    'vllm:prompt_tokens_cached_by_source_total',
    'vllm:generation_tokens_total',
    'vllm:request_success_total',
    'vllm:num_preemptions_total',
    'vllm:prefix_cache_queries_total',
    'vllm:prefix_cache_hits_total',
    'vllm:external_prefix_cache_queries_total',
    'vllm:external_prefix_cache_hits_total',
    'vllm:spec_decode_num_drafts_total',
    'vllm:spec_decode_num_draft_tokens_total',
    'vllm:spec_decode_num_accepted_tokens_total',
    'vllm:spec_decode_num_accepted_tokens_per_pos_total',
    'http_requests_total',
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_start_time_seconds',
    'process_open_fds',
    'process_max_fds',
  ],
  histograms: [
    'vllm:time_to_first_token_seconds',
    'vllm:inter_token_latency_seconds',
    'vllm:request_time_per_output_token_seconds',
    'vllm:e2e_request_latency_seconds',
    'vllm:request_queue_time_seconds',
    'vllm:request_prefill_time_seconds',
    'vllm:request_decode_time_seconds',
    'vllm:request_prompt_tokens',
    'vllm:request_generation_tokens',
    'vllm:request_max_num_generation_tokens',
    'vllm:request_prefill_kv_computed_tokens',
    'vllm:iteration_tokens_total',
    'http_request_duration_seconds',
  ],
} as const;

/** Names, or their beginnings, that the same dashboards read and we do not have, with the reason. */
export const unclaimedMetrics: Readonly<Record<string, string>> = {
  'vllm:mm_cache_hits_total': 'encoded pictures and sounds are kept by bytes, not counted by items',
  'vllm:mm_cache_queries_total': 'the same',
  'vllm:lora_requests_info': 'adapters belong to a model, and are not chosen by requests',
  'vllm:sleep_mode_operation_duration_seconds': 'models are unloaded; there is no sleep mode',
  'vllm:rl_weight_update_operation_duration_seconds': 'nothing is trained',
  'vllm:estimated_': 'operations and memory traffic are not estimated',
  'vllm:kv_block_': 'the KV cache has slots, not blocks',
  'vllm:num_requests_kv_fetch_by_stage': 'no state comes from other machines',
  'vllm:nixl_': 'no state comes from other machines',
  'vllm:kv_offload_':
    'state moves to host memory and disk by conversation; its tokens are in vllm:external_prefix_cache_hits_total',
  'vllm:simple_kv_offload_': 'the same',
};
