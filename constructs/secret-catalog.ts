import { SERVICES } from "./service-catalog";
import { databaseSecret, type SecretDefinition, type SecretKind } from "./service-definition";

/** What is known about a secret before it has a value. */
interface CataloguedSecret {
  readonly kind: SecretKind;
  /** The service that cannot go on with another value, by its container's name without the platform's. */
  readonly service: string;
  /** Shown by Terraform when the value is missing. */
  readonly description: string;
  /** Whether a service reads it: one that only commands use is not changed by a deploy. */
  readonly isDelivered: boolean;
}

/**
 * Every secret that the platform generates for itself, as the services define them; its name is also that of its Terraform
 * variable. `sluice init` makes the values that are missing and never touches one that is there.
 */
export const SECRETS: Readonly<Record<string, CataloguedSecret>> = Object.fromEntries(
  SERVICES.flatMap(({ name: service, title, secrets = {}, database }) => [
    ...Object.entries(secrets).map(
      ([name, secret]: [string, SecretDefinition]): [string, CataloguedSecret] => [
        name,
        {
          kind: secret.kind,
          service,
          description: secret.description,
          isDelivered: secret.variable !== undefined,
        },
      ],
    ),
    ...(database === undefined
      ? []
      : ([
          [
            databaseSecret(database.name),
            {
              kind: "password",
              service,
              description: `Postgres role of the ${title}.`,
              isDelivered: true,
            },
          ],
        ] satisfies [string, CataloguedSecret][])),
  ]),
);
