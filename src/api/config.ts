/** GET /api/config (not in Ollama's API): the settings of the server. */
export interface ConfigResponse {
  /** Path of the config file; absent = there is none. */
  file?: string;
  settings: ShownSetting[];
}

export interface ShownSetting {
  /** The environment variable. */
  name: string;
  /** Nothing secret: passwords in URLs are replaced. */
  value: string | number | boolean | readonly string[];
  /** The value as people read it, such as "5m" or "auto". */
  text: string;
  source: 'default' | 'environment' | 'file';
  /** Whether a change of the config file takes effect without a restart. */
  live: boolean;
  /** What the setting is. */
  help: string;
}
