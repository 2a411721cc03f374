<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AdjustDialog</name>
    <message>
        <source>Adjust the photo</source>
        <translation>Foto anpassen</translation>
    </message>
    <message>
        <source>Drag the frame to move it, a corner to scale it, the round handle to turn it. Drag the points onto the corners of the eyes and the base of the nose to find frame and pose anew.</source>
        <translation>Ziehen Sie den Rahmen, um ihn zu verschieben, eine Ecke, um ihn zu skalieren, den runden Griff, um ihn zu drehen. Ziehen Sie die Punkte auf die Augenwinkel und den Nasenansatz, um Rahmen und Haltung neu zu bestimmen.</translation>
    </message>
    <message>
        <source>Yaw</source>
        <translation>Gierwinkel</translation>
    </message>
    <message>
        <source>Positive: the camera stands at the head&apos;s left</source>
        <translation>Positiv: Die Kamera steht links vom Kopf</translation>
    </message>
    <message>
        <source>Pitch</source>
        <translation>Nickwinkel</translation>
    </message>
    <message>
        <source>Positive: the camera stands above</source>
        <translation>Positiv: Die Kamera steht oberhalb</translation>
    </message>
    <message>
        <source>Roll</source>
        <translation>Rollwinkel</translation>
    </message>
    <message>
        <source>Turn of the frame; positive is clockwise</source>
        <translation>Drehung des Rahmens; positiv ist im Uhrzeigersinn</translation>
    </message>
    <message>
        <source>As found</source>
        <translation>Wie gefunden</translation>
    </message>
    <message>
        <source>Back to the frame and pose that were found automatically</source>
        <translation>Zurück zu Rahmen und Haltung, die automatisch gefunden wurden</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Keep what is there now (Esc)</source>
        <translation>Den jetzigen Stand behalten (Esc)</translation>
    </message>
</context>
<context>
    <name>Attribute</name>
    <message>
        <source>AFA</source>
        <translation>AFA</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>Alter</translation>
    </message>
    <message>
        <source>Bangs</source>
        <translation>Pony</translation>
    </message>
    <message>
        <source>Beard</source>
        <translation>Bart</translation>
    </message>
    <message>
        <source>Black hair</source>
        <translation>Schwarzes Haar</translation>
    </message>
    <message>
        <source>Blink</source>
        <translation>Lidschluss</translation>
    </message>
    <message>
        <source>Brow</source>
        <translation>Brauen</translation>
    </message>
    <message>
        <source>Detail</source>
        <translation>Details</translation>
    </message>
    <message>
        <source>Gender</source>
        <translation>Geschlecht</translation>
    </message>
    <message>
        <source>Glasses</source>
        <translation>Brille</translation>
    </message>
    <message>
        <source>Hair amount</source>
        <translation>Haarmenge</translation>
    </message>
    <message>
        <source>Hair curl</source>
        <translation>Locken</translation>
    </message>
    <message>
        <source>Hair light</source>
        <translation>Haarhelligkeit</translation>
    </message>
    <message>
        <source>Hair warmth</source>
        <translation>Haarwärme</translation>
    </message>
    <message>
        <source>Headwear</source>
        <translation>Kopfbedeckung</translation>
    </message>
    <message>
        <source>Light contrast</source>
        <translation>Lichtkontrast</translation>
    </message>
    <message>
        <source>Light hardness</source>
        <translation>Lichthärte</translation>
    </message>
    <message>
        <source>Light warmth</source>
        <translation>Lichtwärme</translation>
    </message>
    <message>
        <source>Light x</source>
        <translation>Licht x</translation>
    </message>
    <message>
        <source>Light y</source>
        <translation>Licht y</translation>
    </message>
    <message>
        <source>Lipstick</source>
        <translation>Lippenstift</translation>
    </message>
    <message>
        <source>Mix</source>
        <translation>Mischung</translation>
    </message>
    <message>
        <source>Moustache</source>
        <translation>Schnurrbart</translation>
    </message>
    <message>
        <source>Mouth open</source>
        <translation>Mund offen</translation>
    </message>
    <message>
        <source>Skin tone</source>
        <translation>Hautton</translation>
    </message>
    <message>
        <source>Smile</source>
        <translation>Lächeln</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>Gewicht</translation>
    </message>
    <message>
        <source>Expression</source>
        <translation>Ausdruck</translation>
    </message>
    <message>
        <source>Imported</source>
        <translation>Importiert</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Licht</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>Aussehen</translation>
    </message>
    <message>
        <source>Person</source>
        <translation>Person</translation>
    </message>
    <message>
        <source>Photo</source>
        <translation>Foto</translation>
    </message>
</context>
<context>
    <name>AttributeRow</name>
    <message>
        <source>; the model was trained from {low:g} to {high:g}</source>
        <translation>; das Modell wurde von {low:g} bis {high:g} trainiert</translation>
    </message>
    <message>
        <source> Double click for {rest:g}.</source>
        <translation> Doppelklick für {rest:g}.</translation>
    </message>
    <message>
        <source>Lock: {label}</source>
        <translation>Sperren: {label}</translation>
    </message>
    <message>
        <source>Lock: reset all, random, paste and looks leave it alone</source>
        <translation>Sperren: Zurücksetzen, Zufall, Einfügen und Looks lassen es unverändert</translation>
    </message>
    <message>
        <source>{label}, number</source>
        <translation>{label}, Zahl</translation>
    </message>
</context>
<context>
    <name>Commands</name>
    <message>
        <source>Open…</source>
        <translation>Öffnen …</translation>
    </message>
    <message>
        <source>Open a photo or project</source>
        <translation>Foto oder Projekt öffnen</translation>
    </message>
    <message>
        <source>Paste photo</source>
        <translation>Foto einfügen</translation>
    </message>
    <message>
        <source>Open the clipboard&apos;s picture</source>
        <translation>Das Bild aus der Zwischenablage öffnen</translation>
    </message>
    <message>
        <source>Save project</source>
        <translation>Projekt speichern</translation>
    </message>
    <message>
        <source>Save the project</source>
        <translation>Das Projekt speichern</translation>
    </message>
    <message>
        <source>Save project as…</source>
        <translation>Projekt speichern unter …</translation>
    </message>
    <message>
        <source>Save under another name</source>
        <translation>Unter einem anderen Namen speichern</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren …</translation>
    </message>
    <message>
        <source>Write a picture, film or mesh</source>
        <translation>Bild, Film oder Gitternetz schreiben</translation>
    </message>
    <message>
        <source>Models…</source>
        <translation>Modelle …</translation>
    </message>
    <message>
        <source>List, import, verify and switch models</source>
        <translation>Modelle auflisten, importieren, prüfen und wechseln</translation>
    </message>
    <message>
        <source>Training…</source>
        <translation>Training …</translation>
    </message>
    <message>
        <source>Train a model, or find its directions</source>
        <translation>Ein Modell trainieren oder seine Richtungen bestimmen</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>Einstellungen …</translation>
    </message>
    <message>
        <source>Device, quality, theme, language and folders</source>
        <translation>Gerät, Qualität, Design, Sprache und Ordner</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Close the window</source>
        <translation>Das Fenster schließen</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>One step back</source>
        <translation>Einen Schritt zurück</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>One step forth</source>
        <translation>Einen Schritt vor</translation>
    </message>
    <message>
        <source>Reset all attributes</source>
        <translation>Alle Attribute zurücksetzen</translation>
    </message>
    <message>
        <source>Set every attribute to zero</source>
        <translation>Jedes Attribut auf null setzen</translation>
    </message>
    <message>
        <source>Random look</source>
        <translation>Zufälliger Look</translation>
    </message>
    <message>
        <source>A look within the data&apos;s range</source>
        <translation>Ein Look im Bereich der Trainingsdaten</translation>
    </message>
    <message>
        <source>Copy look</source>
        <translation>Look kopieren</translation>
    </message>
    <message>
        <source>Copy all strengths</source>
        <translation>Alle Stärken kopieren</translation>
    </message>
    <message>
        <source>Paste look</source>
        <translation>Look einfügen</translation>
    </message>
    <message>
        <source>Take over strengths that were copied</source>
        <translation>Kopierte Stärken übernehmen</translation>
    </message>
    <message>
        <source>Adjust photo…</source>
        <translation>Foto anpassen …</translation>
    </message>
    <message>
        <source>Set the frame by hand</source>
        <translation>Den Rahmen von Hand setzen</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Every step since opening</source>
        <translation>Jeder Schritt seit dem Öffnen</translation>
    </message>
    <message>
        <source>Attributes</source>
        <translation>Attribute</translation>
    </message>
    <message>
        <source>Show the sliders</source>
        <translation>Die Regler zeigen</translation>
    </message>
    <message>
        <source>Head</source>
        <translation>Kopf</translation>
    </message>
    <message>
        <source>Show the rendered head</source>
        <translation>Den gerenderten Kopf zeigen</translation>
    </message>
    <message>
        <source>Mesh</source>
        <translation>Gitternetz</translation>
    </message>
    <message>
        <source>Show the surface</source>
        <translation>Die Oberfläche zeigen</translation>
    </message>
    <message>
        <source>Photo&apos;s view</source>
        <translation>Ansicht des Fotos</translation>
    </message>
    <message>
        <source>Back to the photo&apos;s own camera</source>
        <translation>Zurück zur Kamera des Fotos</translation>
    </message>
    <message>
        <source>Front view</source>
        <translation>Vorderansicht</translation>
    </message>
    <message>
        <source>Straight from the front</source>
        <translation>Genau von vorn</translation>
    </message>
    <message>
        <source>Side view</source>
        <translation>Seitenansicht</translation>
    </message>
    <message>
        <source>From +x</source>
        <translation>Von +x</translation>
    </message>
    <message>
        <source>Other side</source>
        <translation>Andere Seite</translation>
    </message>
    <message>
        <source>From -x</source>
        <translation>Von -x</translation>
    </message>
    <message>
        <source>View from above</source>
        <translation>Ansicht von oben</translation>
    </message>
    <message>
        <source>From above</source>
        <translation>Von oben</translation>
    </message>
    <message>
        <source>Centre the head</source>
        <translation>Kopf zentrieren</translation>
    </message>
    <message>
        <source>No zoom, no pan</source>
        <translation>Ohne Zoom, ohne Verschiebung</translation>
    </message>
    <message>
        <source>Show: {text}</source>
        <translation>Zeigen: {text}</translation>
    </message>
    <message>
        <source>Compare: wipe</source>
        <translation>Vergleich: Überblenden</translation>
    </message>
    <message>
        <source>Wipe</source>
        <translation>Überblenden</translation>
    </message>
    <message>
        <source>Compare: side by side</source>
        <translation>Vergleich: nebeneinander</translation>
    </message>
    <message>
        <source>Both</source>
        <translation>Beide</translation>
    </message>
    <message>
        <source>Compare: off</source>
        <translation>Vergleich: aus</translation>
    </message>
    <message>
        <source>The head alone</source>
        <translation>Nur der Kopf</translation>
    </message>
    <message>
        <source>Play the turntable</source>
        <translation>Drehteller abspielen</translation>
    </message>
    <message>
        <source>Let the camera sway, or stop; the timeline, while it is shown</source>
        <translation>Die Kamera schwenken lassen oder anhalten; die Zeitleiste, solange sie gezeigt wird</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>Zeitleiste</translation>
    </message>
    <message>
        <source>Show the keyframes of camera and attributes, or put them away</source>
        <translation>Die Schlüsselbilder von Kamera und Attributen zeigen oder ausblenden</translation>
    </message>
    <message>
        <source>Add key</source>
        <translation>Schlüsselbild setzen</translation>
    </message>
    <message>
        <source>Keep what is seen now as a key of the animation</source>
        <translation>Das jetzt Sichtbare als Schlüsselbild der Animation festhalten</translation>
    </message>
    <message>
        <source>Welcome page</source>
        <translation>Startseite</translation>
    </message>
    <message>
        <source>Recent projects</source>
        <translation>Zuletzt verwendete Projekte</translation>
    </message>
    <message>
        <source>Theme: dark</source>
        <translation>Design: dunkel</translation>
    </message>
    <message>
        <source>Light on dark</source>
        <translation>Hell auf Dunkel</translation>
    </message>
    <message>
        <source>Theme: light</source>
        <translation>Design: hell</translation>
    </message>
    <message>
        <source>Dark on light</source>
        <translation>Dunkel auf Hell</translation>
    </message>
    <message>
        <source>Theme: as the system</source>
        <translation>Design: wie das System</translation>
    </message>
    <message>
        <source>Follow</source>
        <translation>Dem System folgen</translation>
    </message>
    <message>
        <source>All commands…</source>
        <translation>Alle Befehle …</translation>
    </message>
    <message>
        <source>Search all commands</source>
        <translation>Alle Befehle durchsuchen</translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Every key on one page</source>
        <translation>Alle Tasten auf einer Seite</translation>
    </message>
    <message>
        <source>Cancel work</source>
        <translation>Vorgang abbrechen</translation>
    </message>
    <message>
        <source>Stop what is being done</source>
        <translation>Den laufenden Vorgang anhalten</translation>
    </message>
    <message>
        <source>About GOAE Studio</source>
        <translation>Über GOAE Studio</translation>
    </message>
    <message>
        <source>Version and model</source>
        <translation>Version und Modell</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
    <message>
        <source>Undo {text}</source>
        <translation>Rückgängig: {text}</translation>
    </message>
    <message>
        <source>Redo {text}</source>
        <translation>Wiederholen: {text}</translation>
    </message>
</context>
<context>
    <name>EditPanel</name>
    <message>
        <source>Attributes</source>
        <translation>Attribute</translation>
    </message>
    <message>
        <source>What can be changed about the head</source>
        <translation>Was sich am Kopf verändern lässt</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Every step since the photo was opened; click one to go there</source>
        <translation>Jeder Schritt, seit das Foto geöffnet wurde; ein Klick führt dorthin</translation>
    </message>
    <message>
        <source>random look</source>
        <translation>Zufälliger Look</translation>
    </message>
    <message>
        <source>Look copied</source>
        <translation>Look kopiert</translation>
    </message>
    <message>
        <source>paste look</source>
        <translation>Look einfügen</translation>
    </message>
    <message>
        <source>Kept the look “{name}”</source>
        <translation>Der Look „{name}“ wurde gespeichert</translation>
    </message>
    <message>
        <source>Random look</source>
        <translation>Zufälliger Look</translation>
    </message>
    <message>
        <source>A random look within the data&apos;s range</source>
        <translation>Ein zufälliger Look im Bereich der Trainingsdaten</translation>
    </message>
    <message>
        <source>Copy look</source>
        <translation>Look kopieren</translation>
    </message>
    <message>
        <source>Copy the look to the clipboard</source>
        <translation>Den Look in die Zwischenablage kopieren</translation>
    </message>
    <message>
        <source>Paste look</source>
        <translation>Look einfügen</translation>
    </message>
    <message>
        <source>Paste a look that was copied</source>
        <translation>Einen kopierten Look einfügen</translation>
    </message>
    <message>
        <source>Looks</source>
        <translation>Looks</translation>
    </message>
    <message>
        <source>Named looks: keep this one, or take another</source>
        <translation>Benannte Looks: diesen speichern oder einen anderen übernehmen</translation>
    </message>
    <message>
        <source>Reset all</source>
        <translation>Zurücksetzen</translation>
    </message>
    <message>
        <source>Let every attribute rest that is not locked</source>
        <translation>Jedes nicht gesperrte Attribut in die Ruhelage setzen</translation>
    </message>
    <message>
        <source>As it was opened</source>
        <translation>Wie geöffnet</translation>
    </message>
    <message>
        <source>Click a step to go back or forth to it</source>
        <translation>Ein Klick auf einen Schritt führt zu ihm zurück oder vor</translation>
    </message>
    <message>
        <source>The clipboard holds no look; copy one first</source>
        <translation>Die Zwischenablage enthält keinen Look; kopieren Sie zuerst einen</translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>Vergessen</translation>
    </message>
    <message>
        <source>Keep this look…</source>
        <translation>Diesen Look speichern …</translation>
    </message>
    <message>
        <source>look {name}</source>
        <translation>Look {name}</translation>
    </message>
    <message>
        <source>Keep this look</source>
        <translation>Diesen Look speichern</translation>
    </message>
    <message>
        <source>Name of the look</source>
        <translation>Name des Looks</translation>
    </message>
    <message>
        <source>This model has no attributes.</source>
        <translation>Dieses Modell hat keine Attribute.</translation>
    </message>
    <message>
        <source>The attributes appear when the model is loaded.</source>
        <translation>Die Attribute erscheinen, sobald das Modell geladen ist.</translation>
    </message>
</context>
<context>
    <name>Engine</name>
    <message>
        <source>Loading the model</source>
        <translation>Das Modell wird geladen</translation>
    </message>
    <message>
        <source>Building the mesh</source>
        <translation>Das Gitternetz wird gebaut</translation>
    </message>
    <message>
        <source>Framing the photo</source>
        <translation>Das Foto wird gerahmt</translation>
    </message>
    <message>
        <source>Optimising, error {mse:.4f}</source>
        <translation>Optimierung, Fehler {mse:.4f}</translation>
    </message>
    <message>
        <source>Saving {name}</source>
        <translation>{name} wird gespeichert</translation>
    </message>
    <message>
        <source>Rendering {name}</source>
        <translation>{name} wird gerendert</translation>
    </message>
    <message>
        <source>Frame {number} of {shots} for {name}</source>
        <translation>Bild {number} von {shots} für {name}</translation>
    </message>
    <message>
        <source>Writing {name}</source>
        <translation>{name} wird geschrieben</translation>
    </message>
    <message>
        <source>Building {name}</source>
        <translation>{name} wird gebaut</translation>
    </message>
    <message>
        <source>Reading {name}</source>
        <translation>{name} wird gelesen</translation>
    </message>
    <message>
        <source>Looking for a face</source>
        <translation>Ein Gesicht wird gesucht</translation>
    </message>
    <message>
        <source>Opening {name}</source>
        <translation>{name} wird geöffnet</translation>
    </message>
    <message>
        <source>First look</source>
        <translation>Erster Blick</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>As it is shown</source>
        <translation>Wie angezeigt</translation>
    </message>
    <message>
        <source>White</source>
        <translation>Weiß</translation>
    </message>
    <message>
        <source>Black</source>
        <translation>Schwarz</translation>
    </message>
    <message>
        <source>Green screen</source>
        <translation>Greenscreen</translation>
    </message>
    <message>
        <source>Transparent</source>
        <translation>Transparent</translation>
    </message>
    <message>
        <source>Another colour…</source>
        <translation>Andere Farbe …</translation>
    </message>
    <message>
        <source>GIF animation</source>
        <translation>GIF-Animation</translation>
    </message>
    <message>
        <source>MP4 video</source>
        <translation>MP4-Video</translation>
    </message>
    <message>
        <source>WebP animation</source>
        <translation>WebP-Animation</translation>
    </message>
    <message>
        <source>Animated PNG, lossless</source>
        <translation>Animiertes PNG, verlustfrei</translation>
    </message>
    <message>
        <source>Folder of PNG pictures</source>
        <translation>Ordner mit PNG-Bildern</translation>
    </message>
    <message>
        <source>{name}, {low} to {high}{unit}</source>
        <translation>{name}, {low} bis {high}{unit}</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>File format</source>
        <translation>Dateiformat</translation>
    </message>
    <message>
        <source>Background</source>
        <translation>Hintergrund</translation>
    </message>
    <message>
        <source>What lies behind the head</source>
        <translation>Was hinter dem Kopf liegt</translation>
    </message>
    <message>
        <source>This format knows no transparency: the background stays as it is shown. </source>
        <translation>Dieses Format kennt keine Transparenz: Der Hintergrund bleibt wie angezeigt. </translation>
    </message>
    <message>
        <source>JPEG (smaller)</source>
        <translation>JPEG (kleiner)</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>The current view as a picture</source>
        <translation>Die jetzige Ansicht als Bild</translation>
    </message>
    <message>
        <source>The head as it is seen now, rendered at full quality.</source>
        <translation>Der Kopf, wie er jetzt zu sehen ist, in voller Qualität gerendert.</translation>
    </message>
    <message>
        <source>Motion</source>
        <translation>Bewegung</translation>
    </message>
    <message>
        <source>The camera&apos;s path</source>
        <translation>Der Weg der Kamera</translation>
    </message>
    <message>
        <source>Frames</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Frames a second</source>
        <translation>Bilder pro Sekunde</translation>
    </message>
    <message>
        <source>Yaw to each side</source>
        <translation>Gierwinkel zu jeder Seite</translation>
    </message>
    <message>
        <source>Pitch up and down</source>
        <translation>Nickwinkel auf und ab</translation>
    </message>
    <message>
        <source>Turntable</source>
        <translation>Drehteller</translation>
    </message>
    <message>
        <source>A film around the head</source>
        <translation>Ein Film um den Kopf</translation>
    </message>
    <message>
        <source>Once around the head; what lies behind was never seen, and looks so.</source>
        <translation>Einmal um den Kopf; was hinten liegt, wurde nie gesehen und sieht auch so aus.</translation>
    </message>
    <message>
        <source>The end meets the beginning. Attributes stay as they are now.</source>
        <translation>Das Ende trifft den Anfang. Die Attribute bleiben, wie sie sind.</translation>
    </message>
    <message>
        <source>Animation</source>
        <translation>Animation</translation>
    </message>
    <message>
        <source>The timeline&apos;s keyframes as a film</source>
        <translation>Die Schlüsselbilder der Zeitleiste als Film</translation>
    </message>
    <message>
        <source>The timeline has no keys yet; open it with Ctrl+L.</source>
        <translation>Die Zeitleiste hat noch keine Schlüsselbilder; öffnen Sie sie mit Strg+L.</translation>
    </message>
    <message>
        <source>It loops: the end leads back to the beginning. </source>
        <translation>Sie läuft in Schleife: Das Ende führt zum Anfang zurück. </translation>
    </message>
    <message>
        <source>Length, speed and easing are set in the timeline.</source>
        <translation>Länge, Tempo und Beschleunigung stehen in der Zeitleiste.</translation>
    </message>
    <message>
        <source>glTF binary (GLB)</source>
        <translation>glTF binär (GLB)</translation>
    </message>
    <message>
        <source>STL (no colours)</source>
        <translation>STL (ohne Farben)</translation>
    </message>
    <message>
        <source>Resolution</source>
        <translation>Auflösung</translation>
    </message>
    <message>
        <source> samples</source>
        <translation> Punkte</translation>
    </message>
    <message>
        <source>None, colours at the vertices</source>
        <translation>Keine, Farben an den Eckpunkten</translation>
    </message>
    <message>
        <source>Texture</source>
        <translation>Textur</translation>
    </message>
    <message>
        <source>A picture of the colours, from many views and the photo; OBJ and GLB only</source>
        <translation>Ein Bild der Farben, aus vielen Ansichten und dem Foto; nur OBJ und GLB</translation>
    </message>
    <message>
        <source>Triangles at most</source>
        <translation>Dreiecke höchstens</translation>
    </message>
    <message>
        <source>All of them</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>Smoothing</source>
        <translation>Glättung</translation>
    </message>
    <message>
        <source> passes</source>
        <translation> Durchgänge</translation>
    </message>
    <message>
        <source>Watertight, for printing</source>
        <translation>Geschlossen, zum Drucken</translation>
    </message>
    <message>
        <source>One closed body, checked before writing</source>
        <translation>Ein geschlossener Körper, vor dem Schreiben geprüft</translation>
    </message>
    <message>
        <source>Mesh</source>
        <translation>Gitternetz</translation>
    </message>
    <message>
        <source>The surface as triangles with colours</source>
        <translation>Die Oberfläche als Dreiecke mit Farben</translation>
    </message>
    <message>
        <source>In metres on a flat base, y up. Attributes stay as they are now.</source>
        <translation>In Metern auf flachem Boden, y nach oben. Die Attribute bleiben, wie sie jetzt sind.</translation>
    </message>
    <message>
        <source>Vertices</source>
        <translation>Eckpunkte</translation>
    </message>
    <message>
        <source>Triangles</source>
        <translation>Dreiecke</translation>
    </message>
    <message>
        <source>{side} × {side} pixels</source>
        <translation>{side} × {side} Pixel</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>Länge</translation>
    </message>
    <message>
        <source>{seconds:.1f} s</source>
        <translation>{seconds:.1f} s</translation>
    </message>
    <message>
        <source>about {count:.1f} million</source>
        <translation>etwa {count:.1f} Millionen</translation>
    </message>
    <message>
        <source>about {count:.0f} thousand</source>
        <translation>etwa {count:.0f} Tausend</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Preview</source>
        <translation>Vorschau</translation>
    </message>
    <message>
        <source>How it will look, from quick drafts</source>
        <translation>Wie es aussehen wird, aus schnellen Entwürfen</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Where the file is written</source>
        <translation>Wohin die Datei geschrieben wird</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>Durchsuchen …</translation>
    </message>
    <message>
        <source>Choose folder and file name</source>
        <translation>Ordner und Dateinamen wählen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Write nothing</source>
        <translation>Nichts schreiben</translation>
    </message>
    <message>
        <source>Write the file</source>
        <translation>Die Datei schreiben</translation>
    </message>
    <message>
        <source>The file name has to end in one of: {endings}.</source>
        <translation>Der Dateiname muss auf eine dieser Endungen enden: {endings}.</translation>
    </message>
    <message>
        <source>There is no folder {folder}.</source>
        <translation>Den Ordner {folder} gibt es nicht.</translation>
    </message>
    <message>
        <source>{name} is there already; choose a new folder.</source>
        <translation>{name} gibt es schon; wählen Sie einen neuen Ordner.</translation>
    </message>
    <message>
        <source>Building a preview…</source>
        <translation>Vorschau entsteht …</translation>
    </message>
    <message>
        <source>about {size}</source>
        <translation>etwa {size}</translation>
    </message>
    <message>
        <source>Preview {ready} of {count}</source>
        <translation>Vorschau {ready} von {count}</translation>
    </message>
    <message>
        <source>Export to</source>
        <translation>Exportieren nach</translation>
    </message>
    <message>
        <source>Stop; nothing is left behind</source>
        <translation>Anhalten; es bleibt nichts zurück</translation>
    </message>
    <message>
        <source>Go on in the background</source>
        <translation>Im Hintergrund fortfahren</translation>
    </message>
    <message>
        <source>Close the dialog; the status line shows how far it is</source>
        <translation>Den Dialog schließen; die Statuszeile zeigt den Fortschritt</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Open the folder it was written to</source>
        <translation>Den Ordner öffnen, in den geschrieben wurde</translation>
    </message>
    <message>
        <source>Export another</source>
        <translation>Weiteren Export</translation>
    </message>
    <message>
        <source>Back to the settings</source>
        <translation>Zurück zu den Einstellungen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Close the dialog</source>
        <translation>Den Dialog schließen</translation>
    </message>
    <message>
        <source>Writing {name}</source>
        <translation>{name} wird geschrieben</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Wird angehalten …</translation>
    </message>
    <message>
        <source>Wrote {name}</source>
        <translation>{name} wurde geschrieben</translation>
    </message>
</context>
<context>
    <name>FrameEditor</name>
    <message>
        <source>Photo with frame</source>
        <translation>Foto mit Rahmen</translation>
    </message>
    <message>
        <source>Drag the frame, its corners, its round handle or the points; the wheel scales</source>
        <translation>Ziehen Sie den Rahmen, seine Ecken, den runden Griff oder die Punkte; das Mausrad skaliert</translation>
    </message>
</context>
<context>
    <name>ImportDialog</name>
    <message>
        <source>Import a model</source>
        <translation>Modell importieren</translation>
    </message>
    <message>
        <source>Name of the model</source>
        <translation>Name des Modells</translation>
    </message>
    <message>
        <source>A new name, or an imported model that the files shall join</source>
        <translation>Ein neuer Name oder ein importiertes Modell, dem die Dateien hinzugefügt werden</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>the publisher&apos;s licence applies</source>
        <translation>es gilt die Lizenz des Herausgebers</translation>
    </message>
    <message>
        <source>What the weights may be used for; empty: a note on the publisher&apos;s licence</source>
        <translation>Wofür die Gewichte verwendet werden dürfen; leer: ein Hinweis auf die Lizenz des Herausgebers</translation>
    </message>
    <message>
        <source>No code in these files is run, and nothing is written unless every file could be read.</source>
        <translation>Kein Code in diesen Dateien wird ausgeführt, und geschrieben wird nur, wenn alle Dateien lesbar sind.</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>Dateien</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>Importieren</translation>
    </message>
</context>
<context>
    <name>LikenessBar</name>
    <message>
        <source>Likeness to the photo at rest: 1 - distance / 0.6 of dlib&apos;s face descriptor. 100 % is the same picture, 0 % a stranger.</source>
        <translation>Ähnlichkeit mit dem Foto in Ruhe: 1 - Abstand / 0,6 der Gesichtsmerkmale von dlib. 100 % ist dasselbe Bild, 0 % eine fremde Person.</translation>
    </message>
    <message>
        <source>Likeness</source>
        <translation>Ähnlichkeit</translation>
    </message>
    <message>
        <source>Likeness to the photo</source>
        <translation>Ähnlichkeit mit dem Foto</translation>
    </message>
    <message>
        <source>Likeness {value} %</source>
        <translation>Ähnlichkeit {value} %</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Stopped</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Open a photo or project</source>
        <translation>Foto oder Projekt öffnen</translation>
    </message>
    <message>
        <source>Photos and projects ({photos} *.goae);;All files (*)</source>
        <translation>Fotos und Projekte ({photos} *.goae);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>The clipboard holds no picture</source>
        <translation>Die Zwischenablage enthält kein Bild</translation>
    </message>
    <message>
        <source>Save project</source>
        <translation>Projekt speichern</translation>
    </message>
    <message>
        <source>GOAE project (*.goae)</source>
        <translation>GOAE-Projekt (*.goae)</translation>
    </message>
    <message>
        <source>Something unexpected went wrong. Your work is still here.</source>
        <translation>Es ist ein unerwarteter Fehler aufgetreten. Ihre Arbeit ist noch da.</translation>
    </message>
    <message>
        <source> Details are in {log_file}.</source>
        <translation> Einzelheiten stehen in {log_file}.</translation>
    </message>
    <message>
        <source>model {name}</source>
        <translation>Modell {name}</translation>
    </message>
    <message>
        <source>new weights of {name}</source>
        <translation>Neue Gewichte von {name}</translation>
    </message>
    <message>
        <source>Settings saved</source>
        <translation>Einstellungen gespeichert</translation>
    </message>
    <message>
        <source>Opening {name}</source>
        <translation>{name} wird geöffnet</translation>
    </message>
    <message>
        <source>The mesh could not be built.</source>
        <translation>Das Gitternetz konnte nicht gebaut werden.</translation>
    </message>
    <message>
        <source>Wrote {name}</source>
        <translation>{name} wurde geschrieben</translation>
    </message>
    <message>
        <source>Closer to the photo now; Ctrl+Z goes back</source>
        <translation>Jetzt näher am Foto; Strg+Z führt zurück</translation>
    </message>
    <message>
        <source>No gain: the head stays as it was</source>
        <translation>Kein Gewinn: Der Kopf bleibt, wie er war</translation>
    </message>
    <message>
        <source>Saved {name}</source>
        <translation>{name} wurde gespeichert</translation>
    </message>
    <message>
        <source>Use the middle</source>
        <translation>Die Mitte verwenden</translation>
    </message>
    <message>
        <source>Take the middle of the photo as it is</source>
        <translation>Die Mitte des Fotos nehmen, wie sie ist</translation>
    </message>
    <message>
        <source>Drag to orbit, middle button to pan, wheel to zoom, F1 for all keys</source>
        <translation>Ziehen: drehen, mittlere Taste: verschieben, Mausrad: zoomen, F1: alle Tasten</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Bereit</translation>
    </message>
</context>
<context>
    <name>MeshCanvas</name>
    <message>
        <source>Mesh</source>
        <translation>Gitternetz</translation>
    </message>
    <message>
        <source>Drag to orbit, wheel to zoom, double click for the photo&apos;s view. The same camera as the head&apos;s.</source>
        <translation>Ziehen: drehen, Mausrad: zoomen, Doppelklick: Ansicht des Fotos. Dieselbe Kamera wie beim Kopf.</translation>
    </message>
</context>
<context>
    <name>MeshView</name>
    <message>
        <source>Mesh</source>
        <translation>Gitternetz</translation>
    </message>
    <message>
        <source>{vertices:,} vertices · {faces:,} triangles</source>
        <translation>{vertices:,} Eckpunkte · {faces:,} Dreiecke</translation>
    </message>
    <message>
        <source>Building the mesh …</source>
        <translation>Das Gitternetz wird gebaut …</translation>
    </message>
</context>
<context>
    <name>ModelLibrary</name>
    <message>
        <source>Verifying {name}</source>
        <translation>{name} wird geprüft</translation>
    </message>
</context>
<context>
    <name>ModelNotice</name>
    <message>
        <source>News of the model</source>
        <translation>Neues zum Modell</translation>
    </message>
    <message>
        <source>Load the new weights</source>
        <translation>Neue Gewichte laden</translation>
    </message>
    <message>
        <source>The open photo is inverted with them; undo comes back to the old ones</source>
        <translation>Das geöffnete Foto wird damit neu berechnet; Rückgängig führt zu den alten zurück</translation>
    </message>
    <message>
        <source>Keep the old ones</source>
        <translation>Alte behalten</translation>
    </message>
    <message>
        <source>Until the program ends</source>
        <translation>Bis das Programm endet</translation>
    </message>
    <message>
        <source>The model {name} has new weights on the disk; the window still uses the old ones.</source>
        <translation>Auf dem Datenträger liegen neue Gewichte des Modells {name}; das Fenster verwendet noch die alten.</translation>
    </message>
</context>
<context>
    <name>ModelsDialog</name>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>These are no files of a model: expected an EG3D generator (.pkl), a GOAE encoder or AFA (.pt), edit directions (.npy) or a model folder.</source>
        <translation>Dies sind keine Dateien eines Modells: Erwartet wird ein EG3D-Generator (.pkl), ein GOAE-Encoder oder AFA (.pt), Bearbeitungsrichtungen (.npy) oder ein Modellordner.</translation>
    </message>
    <message>
        <source>Import a model</source>
        <translation>Modell importieren</translation>
    </message>
    <message>
        <source>Model files ({suffixes});;All files (*)</source>
        <translation>Modelldateien ({suffixes});;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Import a model folder</source>
        <translation>Modellordner importieren</translation>
    </message>
    <message>
        <source>Choose a model to see its card; Enter uses it</source>
        <translation>Wählen Sie ein Modell, um seine Karte zu sehen; die Eingabetaste verwendet es</translation>
    </message>
    <message>
        <source>Drop model files here to import them: .pkl, .pt, .npy or a model folder</source>
        <translation>Modelldateien zum Importieren hier ablegen: .pkl, .pt, .npy oder ein Modellordner</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Model card</source>
        <translation>Modellkarte</translation>
    </message>
    <message>
        <source>The model card: how it was made, and how well it does</source>
        <translation>Die Modellkarte: wie das Modell entstand und wie gut es ist</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Stop what is being done</source>
        <translation>Den laufenden Vorgang anhalten</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>Importieren</translation>
    </message>
    <message>
        <source>Make a model of published files, or add to one</source>
        <translation>Aus veröffentlichten Dateien ein Modell machen oder eines ergänzen</translation>
    </message>
    <message>
        <source>Files…</source>
        <translation>Dateien …</translation>
    </message>
    <message>
        <source>Model folder…</source>
        <translation>Modellordner …</translation>
    </message>
    <message>
        <source>Verify</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>Compare the files with the SHA-256 recorded when they were written</source>
        <translation>Die Dateien mit der SHA-256-Prüfsumme vergleichen, die beim Schreiben festgehalten wurde</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Entfernen …</translation>
    </message>
    <message>
        <source>Delete an imported model from this computer</source>
        <translation>Ein importiertes Modell von diesem Rechner löschen</translation>
    </message>
    <message>
        <source>Use this model</source>
        <translation>Dieses Modell verwenden</translation>
    </message>
    <message>
        <source>Switch to it; the open photo is inverted with it, and undo goes back</source>
        <translation>Zu ihm wechseln; das geöffnete Foto wird damit neu berechnet, und Rückgängig führt zurück</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Back to the window</source>
        <translation>Zurück zum Fenster</translation>
    </message>
    <message>
        <source>Remove the model {name}?</source>
        <translation>Das Modell {name} entfernen?</translation>
    </message>
    <message>
        <source>{size} MB are deleted from {folder}. This cannot be undone.</source>
        <translation>{size} MB werden aus {folder} gelöscht. Dies lässt sich nicht rückgängig machen.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>{name} was imported.</source>
        <translation>{name} wurde importiert.</translation>
    </message>
    <message>
        <source>{name}: all {count} files are what was written.</source>
        <translation>{name}: Alle {count} Dateien sind unverändert.</translation>
    </message>
    <message>
        <source>{name} was removed.</source>
        <translation>{name} wurde entfernt.</translation>
    </message>
    <message>
        <source>Stopped; nothing was changed.</source>
        <translation>Angehalten; nichts wurde verändert.</translation>
    </message>
    <message>
        <source>cannot be used</source>
        <translation>nicht verwendbar</translation>
    </message>
    <message>
        <source>came with the program</source>
        <translation>mitgeliefert</translation>
    </message>
    <message>
        <source>imported</source>
        <translation>importiert</translation>
    </message>
    <message>
        <source>cats</source>
        <translation>Katzen</translation>
    </message>
    <message>
        <source>non-commercial</source>
        <translation>nicht kommerziell</translation>
    </message>
    <message>
        <source>in use</source>
        <translation>in Verwendung</translation>
    </message>
    <message>
        <source>Licence: {text}</source>
        <translation>Lizenz: {text}</translation>
    </message>
    <message>
        <source>Heads of cats</source>
        <translation>Katzenköpfe</translation>
    </message>
    <message>
        <source>{size} × {size} pixels</source>
        <translation>{size} × {size} Pixel</translation>
    </message>
    <message>
        <source>{count} attributes</source>
        <translation>{count} Attribute</translation>
    </message>
    <message>
        <source>no encoder: it cannot invert photos until one is imported to it</source>
        <translation>kein Encoder: Fotos lassen sich erst umrechnen, wenn einer dazu importiert wurde</translation>
    </message>
</context>
<context>
    <name>Motion</name>
    <message>
        <source>Sway</source>
        <translation>Schwenken</translation>
    </message>
    <message>
        <source>Figure of eight</source>
        <translation>Acht</translation>
    </message>
    <message>
        <source>Nod</source>
        <translation>Nicken</translation>
    </message>
    <message>
        <source>Full circle</source>
        <translation>Voller Kreis</translation>
    </message>
</context>
<context>
    <name>Palette</name>
    <message>
        <source>Commands</source>
        <translation>Befehle</translation>
    </message>
    <message>
        <source>Search commands</source>
        <translation>Befehle durchsuchen</translation>
    </message>
    <message>
        <source>Type a part of a command&apos;s name</source>
        <translation>Geben Sie einen Teil des Befehlsnamens ein</translation>
    </message>
    <message>
        <source>Enter or a click does it</source>
        <translation>Die Eingabetaste oder ein Klick führt ihn aus</translation>
    </message>
</context>
<context>
    <name>PhotoPanel</name>
    <message>
        <source>Photo</source>
        <translation>Foto</translation>
    </message>
    <message>
        <source>From where the photo was taken, as estimated</source>
        <translation>Von wo das Foto aufgenommen wurde, geschätzt</translation>
    </message>
    <message>
        <source>Adjust…</source>
        <translation>Anpassen …</translation>
    </message>
    <message>
        <source>Set frame, landmarks and pose by hand; the head follows (Ctrl+J)</source>
        <translation>Rahmen, Landmarken und Haltung von Hand setzen; der Kopf folgt (Strg+J)</translation>
    </message>
    <message>
        <source>Crop</source>
        <translation>Ausschnitt</translation>
    </message>
    <message>
        <source>The part of the photo that the model sees</source>
        <translation>Der Teil des Fotos, den das Modell sieht</translation>
    </message>
    <message>
        <source>Reconstruction</source>
        <translation>Rekonstruktion</translation>
    </message>
    <message>
        <source>The head, rendered by the photo&apos;s camera</source>
        <translation>Der Kopf, gerendert von der Kamera des Fotos</translation>
    </message>
    <message>
        <source>Peak signal-to-noise ratio at the photo&apos;s view, over the head; higher is closer</source>
        <translation>Spitzen-Signal-Rausch-Verhältnis in der Ansicht des Fotos, über dem Kopf; höher ist näher</translation>
    </message>
    <message>
        <source>Structural similarity at the photo&apos;s view, over the head; 1 is identical</source>
        <translation>Strukturelle Ähnlichkeit in der Ansicht des Fotos, über dem Kopf; 1 ist identisch</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>From crop to head</source>
        <translation>Vom Ausschnitt zum Kopf</translation>
    </message>
    <message>
        <source>Optimise</source>
        <translation>Optimieren</translation>
    </message>
    <message>
        <source>Spend time on bringing the head closer to the photo</source>
        <translation>Zeit aufwenden, um den Kopf dem Foto anzunähern</translation>
    </message>
    <message>
        <source>Photo and figures</source>
        <translation>Foto und Kennzahlen</translation>
    </message>
    <message>
        <source>{name} (the photo itself is not on this machine)</source>
        <translation>{name} (das Foto selbst liegt nicht auf diesem Rechner)</translation>
    </message>
    <message>
        <source>Pose: yaw {yaw}, pitch {pitch}, roll {roll}</source>
        <translation>Haltung: Gier {yaw}, Nick {pitch}, Roll {roll}</translation>
    </message>
    <message>
        <source>{value:.1f} dB</source>
        <translation>{value:.1f} dB</translation>
    </message>
    <message>
        <source>{value:.2f}</source>
        <translation>{value:.2f}</translation>
    </message>
    <message>
        <source>{value:.1f} s</source>
        <translation>{value:.1f} s</translation>
    </message>
    <message>
        <source>The middle of the photo, taken as it is.</source>
        <translation>Die Mitte des Fotos, wie sie ist.</translation>
    </message>
    <message>
        <source>{faces} faces found; which one becomes the head?</source>
        <translation>{faces} Gesichter gefunden; welches wird der Kopf?</translation>
    </message>
    <message>
        <source>the largest face</source>
        <translation>dem größten Gesicht</translation>
    </message>
    <message>
        <source>face {number}</source>
        <translation>Gesicht {number}</translation>
    </message>
    <message>
        <source>Make the head of {name}</source>
        <translation>Den Kopf aus {name} machen</translation>
    </message>
</context>
<context>
    <name>PhotoView</name>
    <message>
        <source>Photo with crop frame</source>
        <translation>Foto mit Ausschnittsrahmen</translation>
    </message>
    <message>
        <source>No photo yet</source>
        <translation>Noch kein Foto</translation>
    </message>
</context>
<context>
    <name>PoseBar</name>
    <message>
        <source>Camera angles</source>
        <translation>Kamerawinkel</translation>
    </message>
    <message>
        <source>Where the camera stands. The bright part of a scale is what the model was trained on.</source>
        <translation>Wo die Kamera steht. Der helle Teil einer Skala ist der Bereich, für den das Modell trainiert wurde.</translation>
    </message>
    <message>
        <source>Yaw {yaw}, pitch {pitch}, zoom {value:.0f} %</source>
        <translation>Gier {yaw}, Nick {pitch}, Zoom {value:.0f} %</translation>
    </message>
    <message>
        <source>, beyond the trained range</source>
        <translation>, außerhalb des trainierten Bereichs</translation>
    </message>
    <message>
        <source>Yaw</source>
        <translation>Gier</translation>
    </message>
    <message>
        <source>Pitch</source>
        <translation>Nick</translation>
    </message>
</context>
<context>
    <name>ProgressCard</name>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
</context>
<context>
    <name>Session</name>
    <message>
        <source>reset all attributes</source>
        <translation>Alle Attribute zurücksetzen</translation>
    </message>
    <message>
        <source>edit</source>
        <translation>Bearbeitung</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Automatic: the fastest there is</source>
        <translation>Automatisch: das schnellste vorhandene</translation>
    </message>
    <message>
        <source>NVIDIA graphics card (CUDA)</source>
        <translation>NVIDIA-Grafikkarte (CUDA)</translation>
    </message>
    <message>
        <source>Apple graphics (MPS)</source>
        <translation>Apple-Grafik (MPS)</translation>
    </message>
    <message>
        <source>Processor (CPU)</source>
        <translation>Prozessor (CPU)</translation>
    </message>
    <message>
        <source>Coarse: drafts only, quickest</source>
        <translation>Grob: nur Entwürfe, am schnellsten</translation>
    </message>
    <message>
        <source>Normal: drafts while moving, fine at rest</source>
        <translation>Normal: Entwürfe bei Bewegung, fein in Ruhe</translation>
    </message>
    <message>
        <source>Fine: always at full quality, slower</source>
        <translation>Fein: immer volle Qualität, langsamer</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Where the networks are computed</source>
        <translation>Wo die Netze gerechnet werden</translation>
    </message>
    <message>
        <source>All ({count})</source>
        <translation>Alle ({count})</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Threads</translation>
    </message>
    <message>
        <source>Of the processor; 0: all. Fewer leave room for other programs.</source>
        <translation>Des Prozessors; 0: alle. Weniger lassen anderen Programmen Platz.</translation>
    </message>
    <message>
        <source>Preview quality</source>
        <translation>Vorschauqualität</translation>
    </message>
    <message>
        <source>Of the picture in the window; exports are always fine</source>
        <translation>Des Bildes im Fenster; Exporte sind immer fein</translation>
    </message>
    <message>
        <source>The one that came with the program</source>
        <translation>Das mitgelieferte</translation>
    </message>
    <message>
        <source>Model at the start</source>
        <translation>Modell beim Start</translation>
    </message>
    <message>
        <source>Loaded when the program starts, and by the command line</source>
        <translation>Wird beim Start des Programms und von der Befehlszeile geladen</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Design</translation>
    </message>
    <message>
        <source>Colours of the window</source>
        <translation>Farben des Fensters</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Of the window; takes effect at the next start</source>
        <translation>Des Fensters; wirkt ab dem nächsten Start</translation>
    </message>
    <message>
        <source>The language changes when the program is started again.</source>
        <translation>Die Sprache wechselt, wenn das Programm neu gestartet wird.</translation>
    </message>
    <message>
        <source>Photos</source>
        <translation>Fotos</translation>
    </message>
    <message>
        <source>Where photos are looked for first</source>
        <translation>Wo Fotos zuerst gesucht werden</translation>
    </message>
    <message>
        <source>the last one used</source>
        <translation>der zuletzt verwendete</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Ergebnisse</translation>
    </message>
    <message>
        <source>Where exports go, and what the command line writes</source>
        <translation>Wohin Exporte und die Ergebnisse der Befehlszeile geschrieben werden</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Where imported models lie; takes effect at the next start</source>
        <translation>Wo importierte Modelle liegen; wirkt ab dem nächsten Start</translation>
    </message>
    <message>
        <source>the program&apos;s data folder</source>
        <translation>der Datenordner des Programms</translation>
    </message>
    <message>
        <source>Computing</source>
        <translation>Berechnung</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Device, threads, model and folders also hold for the command line: {path}</source>
        <translation>Gerät, Threads, Modell und Ordner gelten auch für die Befehlszeile: {path}</translation>
    </message>
    <message>
        <source>Put the broken file aside and write a new one</source>
        <translation>Die defekte Datei beiseitelegen und eine neue schreiben</translation>
    </message>
    <message>
        <source>It is kept with .broken behind its name</source>
        <translation>Sie bleibt mit der Endung .broken erhalten</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>Übernehmen</translation>
    </message>
    <message>
        <source>Take over what is set here</source>
        <translation>Übernehmen, was hier eingestellt ist</translation>
    </message>
    <message>
        <source>Leave everything as it was</source>
        <translation>Alles lassen, wie es war</translation>
    </message>
    <message>
        <source>Choose a folder: {name}</source>
        <translation>Ordner wählen: {name}</translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation>Ordner wählen</translation>
    </message>
</context>
<context>
    <name>ShortcutSheet</name>
    <message>
        <source>Shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Commands</source>
        <translation>Befehle</translation>
    </message>
    <message>
        <source>Mouse and keys over the head</source>
        <translation>Maus und Tasten über dem Kopf</translation>
    </message>
</context>
<context>
    <name>Size</name>
    <message>
        <source>{size:.0f} kB</source>
        <translation>{size:.0f} kB</translation>
    </message>
    <message>
        <source>{size:.1f} MB</source>
        <translation>{size:.1f} MB</translation>
    </message>
    <message>
        <source>{size:.0f} MB</source>
        <translation>{size:.0f} MB</translation>
    </message>
    <message>
        <source>{size:.1f} GB</source>
        <translation>{size:.1f} GB</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>Status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Stop what is being done (Esc)</source>
        <translation>Den laufenden Vorgang anhalten (Esc)</translation>
    </message>
    <message>
        <source>Show in folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Open the folder the file was written to</source>
        <translation>Den Ordner öffnen, in den die Datei geschrieben wurde</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>Show the training that runs</source>
        <translation>Das laufende Training zeigen</translation>
    </message>
    <message>
        <source>What the last picture cost</source>
        <translation>Was das letzte Bild gekostet hat</translation>
    </message>
    <message>
        <source>No model yet</source>
        <translation>Noch kein Modell</translation>
    </message>
    <message>
        <source>Model and device</source>
        <translation>Modell und Gerät</translation>
    </message>
    <message>
        <source>draft, {cost:.0f} ms</source>
        <translation>Entwurf, {cost:.0f} ms</translation>
    </message>
    <message>
        <source>{cost:.0f} ms</source>
        <translation>{cost:.0f} ms</translation>
    </message>
</context>
<context>
    <name>Studio</name>
    <message>
        <source>adjust photo</source>
        <translation>Foto anpassen</translation>
    </message>
    <message>
        <source>optimise</source>
        <translation>Optimieren</translation>
    </message>
</context>
<context>
    <name>TimeLeft</name>
    <message>
        <source>{seconds:.0f} s left</source>
        <translation>noch {seconds:.0f} s</translation>
    </message>
    <message>
        <source>{seconds:.0f} min left</source>
        <translation>noch {seconds:.0f} min</translation>
    </message>
</context>
<context>
    <name>Timeline</name>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Drag to scrub</source>
        <translation>Ziehen, um durch die Zeit zu fahren</translation>
    </message>
    <message>
        <source>{moment:g}</source>
        <translation>{moment:g}</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Schlüsselbilder</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>Kamera</translation>
    </message>
    <message>
        <source>move keys</source>
        <translation>Schlüsselbilder verschieben</translation>
    </message>
    <message>
        <source>delete keys</source>
        <translation>Schlüsselbilder löschen</translation>
    </message>
    <message>
        <source>key: {easing}</source>
        <translation>Schlüsselbild: {easing}</translation>
    </message>
    <message>
        <source>{count} selected</source>
        <translation>{count} ausgewählt</translation>
    </message>
    <message>
        <source>Click to select all keys of this row</source>
        <translation>Ein Klick wählt alle Schlüsselbilder dieser Zeile aus</translation>
    </message>
    <message>
        <source>Set or delete the key at the playhead (Insert)</source>
        <translation>Das Schlüsselbild an der Abspielmarke setzen oder löschen (Einfg)</translation>
    </message>
    <message>
        <source>Double click sets a key; drag a frame around keys to select them</source>
        <translation>Ein Doppelklick setzt ein Schlüsselbild; ziehen Sie einen Rahmen um Schlüsselbilder, um sie auszuwählen</translation>
    </message>
    <message>
        <source>yaw {yaw:+.0f}°, pitch {pitch:+.0f}°, zoom {zoom:.0f} %</source>
        <translation>Gier {yaw:+.0f}°, Nick {pitch:+.0f}°, Zoom {zoom:.0f} %</translation>
    </message>
    <message>
        <source>Smooth</source>
        <translation>Glatt</translation>
    </message>
    <message>
        <source>Ease in and out</source>
        <translation>Sanft beginnen und enden</translation>
    </message>
    <message>
        <source>Ease in</source>
        <translation>Sanft beginnen</translation>
    </message>
    <message>
        <source>Ease out</source>
        <translation>Sanft enden</translation>
    </message>
    <message>
        <source>Linear</source>
        <translation>Linear</translation>
    </message>
    <message>
        <source>Hold</source>
        <translation>Halten</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>Zeitleiste</translation>
    </message>
    <message>
        <source>Turn the head, move the playhead, press K: every K keeps what you see as a key. Or begin with a ready motion.</source>
        <translation>Drehen Sie den Kopf, bewegen Sie die Abspielmarke, drücken Sie K: Jedes K hält fest, was Sie sehen. Oder beginnen Sie mit einer fertigen Bewegung.</translation>
    </message>
    <message>
        <source>add key</source>
        <translation>Schlüsselbild setzen</translation>
    </message>
    <message>
        <source>delete key</source>
        <translation>Schlüsselbild löschen</translation>
    </message>
    <message>
        <source>To the start (Home)</source>
        <translation>Zum Anfang (Pos1)</translation>
    </message>
    <message>
        <source>Previous key (Ctrl+Left)</source>
        <translation>Voriges Schlüsselbild (Strg+Links)</translation>
    </message>
    <message>
        <source>Play or stop (Space)</source>
        <translation>Abspielen oder anhalten (Leertaste)</translation>
    </message>
    <message>
        <source>Next key (Ctrl+Right)</source>
        <translation>Nächstes Schlüsselbild (Strg+Rechts)</translation>
    </message>
    <message>
        <source>Loop: the end leads back to the beginning</source>
        <translation>Schleife: Das Ende führt zum Anfang zurück</translation>
    </message>
    <message>
        <source>Playhead</source>
        <translation>Abspielmarke</translation>
    </message>
    <message>
        <source>Add key</source>
        <translation>Festhalten</translation>
    </message>
    <message>
        <source>Keep what is seen now as a key: camera, and attributes that moved (K)</source>
        <translation>Das jetzt Sichtbare als Schlüsselbild festhalten: Kamera und bewegte Attribute (K)</translation>
    </message>
    <message>
        <source>Attribute</source>
        <translation>Attribut</translation>
    </message>
    <message>
        <source>Give an attribute a row</source>
        <translation>Einem Attribut eine Zeile geben</translation>
    </message>
    <message>
        <source>Motion</source>
        <translation>Bewegung</translation>
    </message>
    <message>
        <source>A ready path in place of the camera&apos;s keys</source>
        <translation>Ein fertiger Weg anstelle der Schlüsselbilder der Kamera</translation>
    </message>
    <message>
        <source>Easing</source>
        <translation>Beschleunigung</translation>
    </message>
    <message>
        <source>How the selected keys go on towards the next one</source>
        <translation>Wie die ausgewählten Schlüsselbilder zum nächsten überleiten</translation>
    </message>
    <message>
        <source>Delete the selected keys (Delete)</source>
        <translation>Die ausgewählten Schlüsselbilder löschen (Entf)</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>Länge</translation>
    </message>
    <message>
        <source>Length; keys keep their share of it</source>
        <translation>Länge; Schlüsselbilder behalten ihren Anteil daran</translation>
    </message>
    <message>
        <source>Frames a second</source>
        <translation>Bilder pro Sekunde</translation>
    </message>
    <message>
        <source>Frames a second, of the timeline and of its film</source>
        <translation>Bilder pro Sekunde, der Zeitleiste und ihres Films</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>Exportieren …</translation>
    </message>
    <message>
        <source>Write the animation as a film</source>
        <translation>Die Animation als Film schreiben</translation>
    </message>
    <message>
        <source>Put the timeline away (Ctrl+L)</source>
        <translation>Die Zeitleiste ausblenden (Strg+L)</translation>
    </message>
    <message>
        <source>easing</source>
        <translation>Beschleunigung</translation>
    </message>
    <message>
        <source>length</source>
        <translation>Länge</translation>
    </message>
    <message>
        <source>frames a second</source>
        <translation>Bilder pro Sekunde</translation>
    </message>
    <message>
        <source>loop</source>
        <translation>Schleife</translation>
    </message>
    <message>
        <source>{time}  ·  frame {frame} of {count}</source>
        <translation>{time}  ·  Bild {frame} von {count}</translation>
    </message>
    <message>
        <source>{seconds:.2f} s</source>
        <translation>{seconds:.2f} s</translation>
    </message>
    <message>
        <source>{minutes}:{seconds:05.2f}</source>
        <translation>{minutes}:{seconds:05.2f}</translation>
    </message>
</context>
<context>
    <name>TrainingCurves</name>
    <message>
        <source>Curves</source>
        <translation>Kurven</translation>
    </message>
    <message>
        <source>What training reported, over its steps</source>
        <translation>Was das Training gemeldet hat, über seine Schritte</translation>
    </message>
    <message>
        <source>The curves appear with the first steps.</source>
        <translation>Die Kurven erscheinen mit den ersten Schritten.</translation>
    </message>
</context>
<context>
    <name>TrainingDialog</name>
    <message>
        <source>Render persons</source>
        <translation>Personen rendern</translation>
    </message>
    <message>
        <source>Renders persons from a head pack into the data folder: what all else learns from.</source>
        <translation>Rendert Personen aus einem Kopfpaket in den Datenordner: Daraus lernt alles Weitere.</translation>
    </message>
    <message>
        <source>Generator</source>
        <translation>Generator</translation>
    </message>
    <message>
        <source>Learns to make heads. The longest stage.</source>
        <translation>Lernt, Köpfe zu erzeugen. Die längste Stufe.</translation>
    </message>
    <message>
        <source>Matting</source>
        <translation>Freistellung</translation>
    </message>
    <message>
        <source>Learns to find the head in a photo.</source>
        <translation>Lernt, den Kopf im Foto zu finden.</translation>
    </message>
    <message>
        <source>Encoder</source>
        <translation>Encoder</translation>
    </message>
    <message>
        <source>Learns to turn a photo into a head. Needs the run&apos;s generator.</source>
        <translation>Lernt, aus einem Foto einen Kopf zu machen. Braucht den Generator des Laufs.</translation>
    </message>
    <message>
        <source>AFA</source>
        <translation>AFA</translation>
    </message>
    <message>
        <source>Learns to add what the encoder missed. Needs generator and encoder.</source>
        <translation>Lernt zu ergänzen, was dem Encoder entging. Braucht Generator und Encoder.</translation>
    </message>
    <message>
        <source>Attribute reader</source>
        <translation>Attributleser</translation>
    </message>
    <message>
        <source>Learns to read attributes off pictures. Directions are measured with it.</source>
        <translation>Lernt, Attribute aus Bildern abzulesen. Damit werden Richtungen gemessen.</translation>
    </message>
    <message>
        <source>Judge</source>
        <translation>Gutachter</translation>
    </message>
    <message>
        <source>A second reader, trained on other persons, that judges the directions.</source>
        <translation>Ein zweiter Leser, an anderen Personen trainiert, der die Richtungen beurteilt.</translation>
    </message>
    <message>
        <source>Find directions</source>
        <translation>Richtungen bestimmen</translation>
    </message>
    <message>
        <source>Finds the sliders: one direction for each attribute. Needs the run&apos;s generator.</source>
        <translation>Bestimmt die Regler: eine Richtung je Attribut. Braucht den Generator des Laufs.</translation>
    </message>
    <message>
        <source>Head pose</source>
        <translation>Kopfhaltung</translation>
    </message>
    <message>
        <source>Fits the correction of estimated poses to rendered faces.</source>
        <translation>Passt die Korrektur geschätzter Haltungen an gerenderte Gesichter an.</translation>
    </message>
    <message>
        <source>Measure edits</source>
        <translation>Bearbeitungen messen</translation>
    </message>
    <message>
        <source>Measures what each slider does to persons it has not seen, and draws it.</source>
        <translation>Misst und zeichnet, was jeder Regler mit Personen macht, die er nicht gesehen hat.</translation>
    </message>
    <message>
        <source>Evaluate</source>
        <translation>Auswerten</translation>
    </message>
    <message>
        <source>Inverts persons it has not seen and writes the model&apos;s figures.</source>
        <translation>Berechnet die Köpfe nie gesehener Personen und schreibt die Kennzahlen des Modells.</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>Starting …</source>
        <translation>Wird gestartet …</translation>
    </message>
    <message>
        <source>Choose a data folder and a run folder first.</source>
        <translation>Wählen Sie zuerst einen Datenordner und einen Laufordner.</translation>
    </message>
    <message>
        <source>Rendering needs a head pack; choose its folder.</source>
        <translation>Zum Rendern wird ein Kopfpaket gebraucht; wählen Sie seinen Ordner.</translation>
    </message>
    <message>
        <source>What to train</source>
        <translation>Was trainiert wird</translation>
    </message>
    <message>
        <source>A stage of the recipe; top to bottom makes a model</source>
        <translation>Eine Stufe des Rezepts; von oben nach unten entsteht ein Modell</translation>
    </message>
    <message>
        <source>choose a folder</source>
        <translation>Ordner wählen</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>Folder of rendered persons</source>
        <translation>Ordner der gerenderten Personen</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Lauf</translation>
    </message>
    <message>
        <source>Folder of this run: checkpoints, logs, sheets and the growing model</source>
        <translation>Ordner dieses Laufs: Zwischenstände, Protokolle, Bildbögen und das wachsende Modell</translation>
    </message>
    <message>
        <source>Head pack</source>
        <translation>Kopfpaket</translation>
    </message>
    <message>
        <source>What persons are rendered from</source>
        <translation>Woraus Personen gerendert werden</translation>
    </message>
    <message>
        <source> min</source>
        <translation> min</translation>
    </message>
    <message>
        <source>until done</source>
        <translation>bis zum Ende</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Stop after this time, over all resumptions</source>
        <translation>Nach dieser Zeit anhalten, über alle Fortsetzungen</translation>
    </message>
    <message>
        <source>Persons</source>
        <translation>Personen</translation>
    </message>
    <message>
        <source>How many persons to render</source>
        <translation>Wie viele Personen gerendert werden</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>Voreinstellung</translation>
    </message>
    <message>
        <source>Sizes of the model</source>
        <translation>Größen des Modells</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>automatisch</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Where to train</source>
        <translation>Wo trainiert wird</translation>
    </message>
    <message>
        <source>Go on where the last run stopped</source>
        <translation>Fortsetzen, wo der letzte Lauf anhielt</translation>
    </message>
    <message>
        <source>Take up the run folder&apos;s checkpoint of this stage</source>
        <translation>Den Zwischenstand dieser Stufe im Laufordner aufnehmen</translation>
    </message>
    <message>
        <source>Stage</source>
        <translation>Stufe</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>Starten</translation>
    </message>
    <message>
        <source>Train in a process of its own</source>
        <translation>In einem eigenen Prozess trainieren</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Save a checkpoint and end; a second click ends it at once</source>
        <translation>Einen Zwischenstand sichern und beenden; ein zweiter Klick beendet sofort</translation>
    </message>
    <message>
        <source>Nothing runs.</source>
        <translation>Es läuft nichts.</translation>
    </message>
    <message>
        <source>State of the training</source>
        <translation>Stand des Trainings</translation>
    </message>
    <message>
        <source>Progress of the training</source>
        <translation>Fortschritt des Trainings</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>What the process said</source>
        <translation>Was der Prozess gemeldet hat</translation>
    </message>
    <message>
        <source>Curves</source>
        <translation>Kurven</translation>
    </message>
    <message>
        <source>Sheet</source>
        <translation>Bildbogen</translation>
    </message>
    <message>
        <source>What training shows</source>
        <translation>Was das Training zeigt</translation>
    </message>
    <message>
        <source>Curves, the newest sheet of pictures, and the log</source>
        <translation>Kurven, der neueste Bildbogen und das Protokoll</translation>
    </message>
    <message>
        <source>Saving and stopping …</source>
        <translation>Wird gesichert und angehalten …</translation>
    </message>
    <message>
        <source>{stage}: step {step}, {share:.0%}</source>
        <translation>{stage}: Schritt {step}, {share:.0%}</translation>
    </message>
    <message>
        <source>The first sheet is drawn after a few minutes.</source>
        <translation>Der erste Bildbogen entsteht nach einigen Minuten.</translation>
    </message>
    <message>
        <source>The newest sheet of pictures that the run has drawn</source>
        <translation>Der neueste Bildbogen, den der Lauf gezeichnet hat</translation>
    </message>
</context>
<context>
    <name>TrainingRun</name>
    <message>
        <source>Training could not be started: {reason}.</source>
        <translation>Das Training konnte nicht gestartet werden: {reason}.</translation>
    </message>
    <message>
        <source>The training process died (signal {code}); the window is unharmed. Resume goes on from its last checkpoint.</source>
        <translation>Der Trainingsprozess ist abgestürzt (Signal {code}); das Fenster ist unversehrt. Fortsetzen knüpft am letzten Zwischenstand an.</translation>
    </message>
    <message>
        <source>Stopped; resume goes on from here.</source>
        <translation>Angehalten; Fortsetzen knüpft hier an.</translation>
    </message>
    <message>
        <source>Training is done.</source>
        <translation>Das Training ist fertig.</translation>
    </message>
    <message>
        <source>Training ended without saying why.</source>
        <translation>Das Training endete ohne Angabe eines Grundes.</translation>
    </message>
</context>
<context>
    <name>ViewBar</name>
    <message>
        <source>Head</source>
        <translation>Kopf</translation>
    </message>
    <message>
        <source>The head, rendered (Ctrl+1)</source>
        <translation>Der Kopf, gerendert (Strg+1)</translation>
    </message>
    <message>
        <source>Mesh</source>
        <translation>Gitternetz</translation>
    </message>
    <message>
        <source>The surface of the head as triangles (Ctrl+2)</source>
        <translation>Die Oberfläche des Kopfes als Dreiecke (Strg+2)</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>Farbe</translation>
    </message>
    <message>
        <source>What is shown of the head</source>
        <translation>Was vom Kopf gezeigt wird</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>Before and after: against the photo or any step of the history (hold B)</source>
        <translation>Vorher und nachher: mit dem Foto oder einem Schritt des Verlaufs (B halten)</translation>
    </message>
    <message>
        <source>What lies behind the head</source>
        <translation>Was hinter dem Kopf liegt</translation>
    </message>
    <message>
        <source>Background</source>
        <translation>Hintergrund</translation>
    </message>
    <message>
        <source>Play the turntable</source>
        <translation>Drehteller abspielen</translation>
    </message>
    <message>
        <source>Play the turntable (Space)</source>
        <translation>Drehteller abspielen (Leertaste)</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>The head&apos;s colours on the mesh, or clay</source>
        <translation>Die Farben des Kopfes auf dem Gitternetz oder Ton</translation>
    </message>
    <message>
        <source>Wireframe</source>
        <translation>Drahtgitter</translation>
    </message>
    <message>
        <source>The triangles&apos; edges</source>
        <translation>Die Kanten der Dreiecke</translation>
    </message>
    <message>
        <source>Size of the mesh</source>
        <translation>Größe des Gitternetzes</translation>
    </message>
    <message>
        <source>Against</source>
        <translation>Mit</translation>
    </message>
    <message>
        <source>Photo</source>
        <translation>Foto</translation>
    </message>
    <message>
        <source>As opened</source>
        <translation>Wie geöffnet</translation>
    </message>
</context>
<context>
    <name>Viewport</name>
    <message>
        <source>Head</source>
        <translation>Kopf</translation>
    </message>
    <message>
        <source>Drag to orbit, middle button to pan, wheel to zoom, double click for the photo&apos;s view; hold B to see what it is compared with</source>
        <translation>Ziehen: drehen, mittlere Taste: verschieben, Mausrad: zoomen, Doppelklick: Ansicht des Fotos; B halten zeigt, womit verglichen wird</translation>
    </message>
    <message>
        <source>Photo</source>
        <translation>Foto</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>Jetzt</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>Welcome</source>
        <translation>Willkommen</translation>
    </message>
    <message>
        <source>Drop a portrait here</source>
        <translation>Porträt hier ablegen</translation>
    </message>
    <message>
        <source>One photograph becomes a head you can turn, edit and export.</source>
        <translation>Aus einem Foto wird ein Kopf, den Sie drehen, bearbeiten und exportieren können.</translation>
    </message>
    <message>
        <source>Open photo or project…</source>
        <translation>Foto oder Projekt öffnen …</translation>
    </message>
    <message>
        <source>Choose a picture or a .goae project (Ctrl+O)</source>
        <translation>Ein Bild oder ein .goae-Projekt wählen (Strg+O)</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>Einfügen</translation>
    </message>
    <message>
        <source>Take the picture from the clipboard (Ctrl+V)</source>
        <translation>Das Bild aus der Zwischenablage nehmen (Strg+V)</translation>
    </message>
    <message>
        <source>Recent projects</source>
        <translation>Zuletzt verwendete Projekte</translation>
    </message>
    <message>
        <source>Portrait {number}</source>
        <translation>Porträt {number}</translation>
    </message>
    <message>
        <source>Open sample portrait {number}, made by us</source>
        <translation>Beispielporträt {number} öffnen, von uns gemacht</translation>
    </message>
    <message>
        <source>No photo at hand? Try one of ours</source>
        <translation>Kein Foto zur Hand? Nehmen Sie eines von uns</translation>
    </message>
    <message>
        <source>Loading the model …</source>
        <translation>Das Modell wird geladen …</translation>
    </message>
    <message>
        <source>The model in use; click to see all of them</source>
        <translation>Das verwendete Modell; ein Klick zeigt alle</translation>
    </message>
    <message>
        <source>JPEG, PNG, WebP, BMP, TIFF or a .goae project. Nothing leaves this computer.</source>
        <translation>JPEG, PNG, WebP, BMP, TIFF oder ein .goae-Projekt. Nichts verlässt diesen Rechner.</translation>
    </message>
    <message>
        <source>Drop a picture of a cat here</source>
        <translation>Bild einer Katze hier ablegen</translation>
    </message>
    <message>
        <source>Model: {name}, {image_size} px, on {device}</source>
        <translation>Modell: {name}, {image_size} px, auf {device}</translation>
    </message>
    <message>
        <source>Open {path}</source>
        <translation>{path} öffnen</translation>
    </message>
</context>
<context>
    <name>WipeHandle</name>
    <message>
        <source>Wipe</source>
        <translation>Überblenden</translation>
    </message>
    <message>
        <source>Drag to compare; arrows move it too</source>
        <translation>Zum Vergleichen ziehen; die Pfeiltasten bewegen ihn auch</translation>
    </message>
</context>
<context>
    <name>adjust_dialog</name>
    <message>
        <source>Left eye, outer</source>
        <translation>Linkes Auge, außen</translation>
    </message>
    <message>
        <source>Left eye, inner</source>
        <translation>Linkes Auge, innen</translation>
    </message>
    <message>
        <source>Right eye, outer</source>
        <translation>Rechtes Auge, außen</translation>
    </message>
    <message>
        <source>Right eye, inner</source>
        <translation>Rechtes Auge, innen</translation>
    </message>
    <message>
        <source>Base of the nose</source>
        <translation>Nasenansatz</translation>
    </message>
</context>
<context>
    <name>dialogs</name>
    <message>
        <source>Save the changes to {name}?</source>
        <translation>Änderungen an {name} speichern?</translation>
    </message>
    <message>
        <source>The attributes you set are lost otherwise.</source>
        <translation>Die gesetzten Attribute gehen sonst verloren.</translation>
    </message>
    <message>
        <source>Model {name} ({preset}) on {device}.</source>
        <translation>Modell {name} ({preset}) auf {device}.</translation>
    </message>
    <message>
        <source>No model is loaded.</source>
        <translation>Es ist kein Modell geladen.</translation>
    </message>
    <message>
        <source>About {title}</source>
        <translation>Über {title}</translation>
    </message>
    <message>
        <source>A portrait in, a live head out.

{using}

After Yuan et al. 2023 (GOAE) and Chan et al. 2022 (EG3D). Apache-2.0.</source>
        <translation>Ein Porträt hinein, ein lebendiger Kopf heraus.

{using}

Nach Yuan et al. 2023 (GOAE) und Chan et al. 2022 (EG3D). Apache-2.0.</translation>
    </message>
    <message>
        <source>Restore your work on {name}?</source>
        <translation>Ihre Arbeit an {name} wiederherstellen?</translation>
    </message>
    <message>
        <source>The program ended without closing. Its last state was kept.</source>
        <translation>Das Programm endete unerwartet. Sein letzter Stand wurde aufbewahrt.</translation>
    </message>
    <message>
        <source>Older ones will be offered next time: {count}.</source>
        <translation>Ältere werden beim nächsten Mal angeboten: {count}.</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Wiederherstellen</translation>
    </message>
    <message>
        <source>Throw away</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>Später</translation>
    </message>
</context>
<context>
    <name>edit_panel</name>
    <message>
        <source>in standard deviations</source>
        <translation>in Standardabweichungen</translation>
    </message>
    <message>
        <source>in multiples of the direction</source>
        <translation>in Vielfachen der Richtung</translation>
    </message>
    <message>
        <source>as a share</source>
        <translation>als Anteil</translation>
    </message>
</context>
<context>
    <name>engine</name>
    <message>
        <source>How much of the photo&apos;s own detail is laid over the head</source>
        <translation>Wie viel der Details des Fotos über den Kopf gelegt wird</translation>
    </message>
    <message>
        <source>How much of what the encoder missed is added to the features</source>
        <translation>Wie viel von dem, was dem Encoder entging, zu den Merkmalen kommt</translation>
    </message>
    <message>
        <source>How much what the photo saw replaces what was imagined</source>
        <translation>Wie stark das im Foto Gesehene das Vorgestellte ersetzt</translation>
    </message>
    <message>
        <source>Finding the head</source>
        <translation>Der Kopf wird gesucht</translation>
    </message>
    <message>
        <source>Encoding the portrait</source>
        <translation>Das Porträt wird kodiert</translation>
    </message>
    <message>
        <source>Adding the photo&apos;s detail</source>
        <translation>Die Details des Fotos kommen hinzu</translation>
    </message>
    <message>
        <source>Fusing seen and unseen</source>
        <translation>Gesehenes und Ungesehenes werden verschmolzen</translation>
    </message>
</context>
<context>
    <name>licence</name>
    <message>
        <source>{name} is for non-commercial use only</source>
        <translation>{name} ist nur für nicht kommerzielle Zwecke</translation>
    </message>
    <message>
        <source>{terms}

Source: {source}.

You are asked once; the answer is remembered for these weights.</source>
        <translation>{terms}

Quelle: {source}.

Sie werden nur einmal gefragt; die Antwort gilt für diese Gewichte.</translation>
    </message>
    <message>
        <source>Accept and use it</source>
        <translation>Zustimmen und verwenden</translation>
    </message>
</context>
<context>
    <name>mesh_view</name>
    <message>
        <source>This display draws no OpenGL, so the mesh cannot be shown here; it can still be exported.</source>
        <translation>Diese Anzeige zeichnet kein OpenGL, daher kann das Gitternetz hier nicht gezeigt werden; exportieren lässt es sich trotzdem.</translation>
    </message>
    <message>
        <source>No OpenGL driver answered, so the mesh cannot be shown; install one (on Debian and Ubuntu: apt install libgl1-mesa-dri), or export the mesh.</source>
        <translation>Kein OpenGL-Treiber hat geantwortet, daher kann das Gitternetz nicht gezeigt werden; installieren Sie einen (auf Debian und Ubuntu: apt install libgl1-mesa-dri) oder exportieren Sie das Gitternetz.</translation>
    </message>
    <message>
        <source>The mesh view needs OpenGL 2.1, this driver has {version}.{version2}; update it.</source>
        <translation>Die Gitternetzansicht braucht OpenGL 2.1, dieser Treiber hat {version}.{version2}; aktualisieren Sie ihn.</translation>
    </message>
</context>
<context>
    <name>palette</name>
    <message>
        <source>Left drag</source>
        <translation>Ziehen mit links</translation>
    </message>
    <message>
        <source>Orbit</source>
        <translation>Drehen</translation>
    </message>
    <message>
        <source>Middle drag, or Shift and left drag</source>
        <translation>Ziehen mit Mitte oder Umschalt und links</translation>
    </message>
    <message>
        <source>Pan</source>
        <translation>Verschieben</translation>
    </message>
    <message>
        <source>Wheel, pinch, + and -</source>
        <translation>Mausrad, Zwei-Finger-Geste, + und -</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>Zoomen</translation>
    </message>
    <message>
        <source>Arrows</source>
        <translation>Pfeiltasten</translation>
    </message>
    <message>
        <source>Turn by 5°</source>
        <translation>Um 5° drehen</translation>
    </message>
    <message>
        <source>Double click, Home, numpad 0</source>
        <translation>Doppelklick, Pos1, Ziffernblock 0</translation>
    </message>
    <message>
        <source>The photo&apos;s view</source>
        <translation>Ansicht des Fotos</translation>
    </message>
    <message>
        <source>Numpad 1, 3, 7 (Ctrl: opposite)</source>
        <translation>Ziffernblock 1, 3, 7 (Strg: gegenüber)</translation>
    </message>
    <message>
        <source>Front, side, above</source>
        <translation>Vorn, Seite, oben</translation>
    </message>
    <message>
        <source>Numpad 4, 6, 8, 2</source>
        <translation>Ziffernblock 4, 6, 8, 2</translation>
    </message>
    <message>
        <source>Turn by 15°</source>
        <translation>Um 15° drehen</translation>
    </message>
    <message>
        <source>Numpad 9, full stop</source>
        <translation>Ziffernblock 9, Komma</translation>
    </message>
    <message>
        <source>Opposite side, centre</source>
        <translation>Gegenüber, zentrieren</translation>
    </message>
    <message>
        <source>Hold B</source>
        <translation>B halten</translation>
    </message>
    <message>
        <source>See what it is compared with</source>
        <translation>Sehen, womit verglichen wird</translation>
    </message>
    <message>
        <source>Slider: arrows, Home</source>
        <translation>Regler: Pfeiltasten, Pos1</translation>
    </message>
    <message>
        <source>Step, reset</source>
        <translation>Schritt, zurücksetzen</translation>
    </message>
    <message>
        <source>Adjust: arrows, + and -, comma and full stop</source>
        <translation>Anpassen: Pfeiltasten, + und -, Komma und Punkt</translation>
    </message>
    <message>
        <source>Move, scale, turn the frame</source>
        <translation>Rahmen verschieben, skalieren, drehen</translation>
    </message>
    <message>
        <source>Timeline: arrows (Ctrl: keys, Alt: move)</source>
        <translation>Zeitleiste: Pfeile (Strg: Schlüsselbilder, Alt: verschieben)</translation>
    </message>
    <message>
        <source>Step by a frame</source>
        <translation>Ein Bild weiter</translation>
    </message>
    <message>
        <source>Timeline: Insert, Delete</source>
        <translation>Zeitleiste: Einfg, Entf</translation>
    </message>
    <message>
        <source>Set, delete keys</source>
        <translation>Schlüsselbilder setzen, löschen</translation>
    </message>
</context>
<context>
    <name>trouble</name>
    <message>
        <source>The graphics card has no memory left. The processor computes from now on, which takes longer; what was asked for last may have to be asked for again.</source>
        <translation>Die Grafikkarte hat keinen Speicher mehr. Ab jetzt rechnet der Prozessor, das dauert länger; was zuletzt verlangt wurde, muss eventuell noch einmal verlangt werden.</translation>
    </message>
    <message>
        <source>The graphics card&apos;s driver gave up. The processor computes from now on, which takes longer; what was asked for last may have to be asked for again.</source>
        <translation>Der Treiber der Grafikkarte hat aufgegeben. Ab jetzt rechnet der Prozessor, das dauert länger; was zuletzt verlangt wurde, muss eventuell noch einmal verlangt werden.</translation>
    </message>
    <message>
        <source>The device of the settings is not on this computer, or its driver is missing. The processor computes instead.</source>
        <translation>Das eingestellte Gerät gibt es auf diesem Rechner nicht, oder sein Treiber fehlt. Stattdessen rechnet der Prozessor.</translation>
    </message>
    <message>
        <source>There is no memory left for pictures at full quality, so coarse ones are shown from now on. Close other programs, then choose the quality in the settings (Ctrl+,).</source>
        <translation>Für Bilder in voller Qualität fehlt der Speicher, daher werden ab jetzt grobe gezeigt. Schließen Sie andere Programme und wählen Sie dann die Qualität in den Einstellungen (Strg+,).</translation>
    </message>
    <message>
        <source>There is no memory left for this. Choose a smaller size, or close other programs.</source>
        <translation>Dafür fehlt der Speicher. Wählen Sie eine kleinere Größe oder schließen Sie andere Programme.</translation>
    </message>
    <message>
        <source>This head lies in the memory of a graphics card that no longer answers. Open the photo again.</source>
        <translation>Dieser Kopf liegt im Speicher einer Grafikkarte, die nicht mehr antwortet. Öffnen Sie das Foto noch einmal.</translation>
    </message>
</context>
<context>
    <name>view_bar</name>
    <message>
        <source>Colour</source>
        <translation>Farbe</translation>
    </message>
    <message>
        <source>The head as it looks</source>
        <translation>Der Kopf, wie er aussieht</translation>
    </message>
    <message>
        <source>Depth</source>
        <translation>Tiefe</translation>
    </message>
    <message>
        <source>Near is bright</source>
        <translation>Nahes ist hell</translation>
    </message>
    <message>
        <source>Normals</source>
        <translation>Normalen</translation>
    </message>
    <message>
        <source>Which way the surface looks</source>
        <translation>Wohin die Oberfläche zeigt</translation>
    </message>
    <message>
        <source>Visibility</source>
        <translation>Sichtbarkeit</translation>
    </message>
    <message>
        <source>What the photo saw is teal, what was imagined is orange</source>
        <translation>Was das Foto sah, ist blaugrün, was vorgestellt ist, orange</translation>
    </message>
    <message>
        <source>Residual</source>
        <translation>Residuum</translation>
    </message>
    <message>
        <source>What the photo has and the head lacks, from the photo&apos;s camera</source>
        <translation>Was das Foto hat und dem Kopf fehlt, von der Kamera des Fotos</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>Aus</translation>
    </message>
    <message>
        <source>Wipe</source>
        <translation>Überblenden</translation>
    </message>
    <message>
        <source>Side by side</source>
        <translation>Nebeneinander</translation>
    </message>
    <message>
        <source>Studio</source>
        <translation>Studio</translation>
    </message>
    <message>
        <source>Colour…</source>
        <translation>Farbe …</translation>
    </message>
    <message>
        <source>Photo</source>
        <translation>Foto</translation>
    </message>
    <message>
        <source>Transparent</source>
        <translation>Transparent</translation>
    </message>
</context>
</TS>
