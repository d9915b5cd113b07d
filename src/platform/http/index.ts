/**
 * platform/http: HTTP in and HTTP out.
 *
 * In: one Express application with strict headers, request ids, the cross-site check, views and error pages;
 * rooms bring their routers. Out: one guarded client (R8.1), the only home of undici.
 */
export { type AddressKind, addressKind, isLoopbackHost } from './addresses.ts';
export type { HttpClient, HttpRequest, HttpResponse, UrlTrust } from './client.ts';
export { type Cookies, createCookies } from './cookies.ts';
export { createHttpClient, type HttpClientOptions } from './guarded-client.ts';
export { createManagementApp, type Dependency } from './management.ts';
export { type Counter, limitRate } from './rate-limit.ts';
export { Refreshed, type RefreshedOptions, type RefreshedState } from './refreshed.ts';
export { adoptRequestId, requestId } from './request-id.ts';
export { allowFormTarget } from './security-headers.ts';
export { listen, type RunningServer } from './server.ts';
export { createViews, type Views } from './views.ts';
export { createWebApp, type WebAppOptions } from './web-app.ts';
