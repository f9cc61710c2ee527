/** Where a service finds what is delivered to it as files: the link `current` below leads to those in force. */
export const FILES_DIRECTORY = "/etc/sluice";

/** The files in force. */
export const CURRENT_FILES = `${FILES_DIRECTORY}/current`;

/** The secrets in force, one a file, named like the environment variable that each stands for. */
export const SECRETS_DIRECTORY = `${CURRENT_FILES}/secrets`;
