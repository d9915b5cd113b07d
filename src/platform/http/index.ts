/**
 * platform/http: HTTP in and HTTP out.
 *
 * In: one Express application with strict headers, request ids, the cross-site check, views and error pages;
 * rooms bring their routers. Out: one guarded client (R8.1), the only home of undici.
 */
export { type AddressKind, addressKind, isLoopbackHost } from './addresses.ts';
export type { HttpClient, HttpRequest, HttpResponse, UrlTrust } from './client.ts';
export { createHttpClient, type HttpClientOptions } from './guarded-client.ts';
