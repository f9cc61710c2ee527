/** Who made a record and who changed it last, as audit rows name them, and when. */
export interface Authorship {
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly createdBy: string;
  readonly updatedBy: string;
}
