// The mark of karnak: two towers of a pylon and the gate between them.
export function Mark({ size = 24 }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="kp-mark">
      <path d="M4 28 6.4 9H14l.8 19Z" />
      <path d="M28 28 25.6 9H18l-.8 19Z" />
      <path d="M5 7h10v1.6H5zM17 7h10v1.6H17z" />
      <circle cx="16" cy="4.6" r="2.4" className="kp-sun" />
      <path d="M2 29h28v1.4H2z" />
    </svg>
  );
}
