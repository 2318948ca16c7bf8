/** GET /api/version */
export interface VersionResponse {
  version: string;
}
