export function Brand() {
  return (
    <span className="brand">
      <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
        <rect width="32" height="32" rx="9" className="brand-tile" />
        <g fill="#fff">
          <circle cx="10" cy="10" r="2.6" />
          <circle cx="22" cy="10" r="2.6" opacity=".55" />
          <circle cx="10" cy="22" r="2.6" opacity=".55" />
          <circle cx="22" cy="22" r="2.6" />
          <circle cx="16" cy="16" r="3.2" />
        </g>
        <path d="M10 10l6 6 6 6" stroke="#fff" strokeWidth="1.8" strokeLinecap="round" />
      </svg>
      <span className="brand-name">EDU Matrix</span>
    </span>
  );
}
