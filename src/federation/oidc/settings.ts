import type { Secret } from '../../base/index.ts';
import type { ContextNames } from '../context-names.ts';
import type { Mapping, PartitionRule } from '../mapping.ts';

export type Endpoints = {
  readonly authorization: URL;
  readonly token: URL;
  readonly jwks: URL;
  readonly userinfo?: URL | undefined;
  readonly endSession?: URL | undefined;
};

/** An OIDC connection with its preset already applied: what the protocol code works from. */
export type OidcSettings = {
  readonly id: string;
  readonly title: string;
  readonly mailDomains: readonly string[];
  /** Ways of signing in that applications may ask for. */
  readonly authnContexts: readonly string[];
  readonly contextNames: ContextNames;
  readonly clientId: string;
  /** Newest first; empty for a public client. */
  readonly clientSecrets: readonly Secret[];
  readonly clientAuthentication: 'client_secret_post' | 'client_secret_basic';
  readonly responseMode: 'query' | 'form_post';
  readonly scopes: readonly string[];
  readonly redirectUri: URL;
  /** `iss` must be one of these, exactly; empty where discovery is believed. */
  readonly expectedIssuers: readonly string[];
  /** Candidates, tried in order; empty when the endpoints are explicit. */
  readonly discoveryUrls: readonly URL[];
  /** Used instead of discovery, or when the upstream answers that it has none and there is an expected issuer. */
  readonly endpoints?: Endpoints;
  readonly browserBaseUrl: URL;
  readonly backChannelBaseUrl?: URL;
  readonly subjectClaim: string;
  readonly mapping: Mapping;
  /** Claims whose absence from the ID token makes `userinfo: auto` ask for more. */
  readonly wantedClaims: readonly (readonly string[])[];
  readonly userinfo: 'auto' | 'always' | 'never';
  readonly partition?: PartitionRule;
  readonly ignoreEmailVerified: boolean;
  readonly freshWithoutAuthTime: boolean;
  readonly toleranceSeconds: number;
  readonly allowInsecureLoopback: boolean;
};
