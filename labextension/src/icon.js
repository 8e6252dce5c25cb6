// Two ends and what flows between them; the class makes it follow the theme.
export default `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <circle cx="5" cy="12" r="3"/><circle cx="19" cy="5" r="2.5"/><circle cx="19" cy="19" r="2.5"/>
    <path d="M7 11C12 11 11 5 17 5v2C13 7 14 13 7 13zM7 11c7 0 6 6 10 6v2c-6 0-5-6-10-6z"/>
  </g>
</svg>`;
