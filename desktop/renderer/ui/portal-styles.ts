// The looks of the portal. Its names begin with "p-", and what holds for whole pages hangs on data-face: the gallery
// shows kiosks and portal in one document.
import './tokens.css'
import './marks.css'
import './portal-base.css'
import './portal-controls.css'
import './portal-shell.css'
import './portal-places.css'
import './portal-space.css'
import './portal-pages.css'
