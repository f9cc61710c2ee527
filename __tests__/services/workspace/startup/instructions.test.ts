import { instructionsFor } from "../../../../services/workspace/startup/instructions";

describe("what assistants are told of a level", () => {
  it.each(["standard", "design-first", "our-own"])("names %s", (level) => {
    expect(instructionsFor(level)).toContain(`enforcement level "${level}"`);
  });

  it("is nothing where nothing is enforced", () => {
    expect(instructionsFor("unrestricted")).toBe("");
  });

  it("is no property that every object has", () => {
    expect(instructionsFor("constructor")).toContain('"constructor"');
  });
});
