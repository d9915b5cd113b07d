import { z } from 'zod';

/** What a GraphQL endpoint answers with. Data may be partial: each missing part has an error. */
export const GraphqlBody = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(
      z.object({
        message: z.string().catch(''),
        path: z.array(z.union([z.string(), z.number()])).nullish(),
        extensions: z
          .object({ code: z.string().nullish().catch(undefined) })
          .nullish()
          .catch(undefined),
      }),
    )
    .nullish(),
});
export type GraphqlError = NonNullable<z.infer<typeof GraphqlBody>['errors']>[number];

/** Told that there is more and not where: the rest cannot be read, and what is here is no whole list. */
const PageInfo = z
  .object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() })
  .refine(({ hasNextPage, endCursor }) => !hasNextPage || Boolean(endCursor))
  .nullish();

/** A list that is absent is no empty list. */
const connection = <T extends z.ZodType>(node: T) =>
  z.object({ edges: z.array(z.object({ node })), pageInfo: PageInfo });

const Users = connection(z.object({ id: z.string().min(1), email: z.string() }));
const Members = connection(
  z.object({
    id: z.string().min(1),
    email: z.string(),
    lastLoginAt: z.string().nullish(),
    permissions: z.array(z.string()),
    status: z.string().nullish(),
  }),
);
const Stores = connection(
  z.object({
    id: z.string().min(1),
    name: z.string().nullish(),
    storeHash: z.string().min(1),
    users: Members,
  }),
);

export type UserPage = z.infer<typeof Users>;
export type MemberPage = z.infer<typeof Members>;
export type StorePage = z.infer<typeof Stores>;

/** The first page of everything. */
export const AccountPage = z.object({ users: Users, stores: Stores });
export type AccountPage = z.infer<typeof AccountPage>;

/** Further pages: those that were asked for. */
export const MoreOfAccount = z.object({ users: Users.optional(), stores: Stores.optional() });
export const MoreMembers = z.object({ id: z.string(), users: Members });

export const AddedUser = z.object({
  account: z.object({ addUserToAccount: z.object({ account: z.unknown() }).nullish() }).nullish(),
});
export const RemovedUser = z.object({
  account: z.object({ removeUserFromAccount: z.object({ userId: z.string() }).nullish() }).nullish(),
});
/** By alias: which stores took the change. */
export const ChangedStores = z.object({
  user: z.record(z.string(), z.object({ storeId: z.string() }).nullable()).nullish(),
});
export type MoreOfAccount = z.infer<typeof MoreOfAccount>;
export type MoreMembers = z.infer<typeof MoreMembers>;
