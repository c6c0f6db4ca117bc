package feedsim

// place is a city that the provider sells in; its language is that of titles and zones.
type place struct {
	city   string
	tongue *tongue
	venues [houses][]string
}

// Cities are real, venues are not.
var places = []place{
	{"Madrid", &spanish, [houses][]string{
		{"Teatro Buenavista", "Teatro de la Encomienda", "Gran Teatro Lavapiés"}, {"Sala Mercurio", "Pabellón Vallehermoso", "La Cochera"}, {"Estadio de la Arganzuela"},
		{"Museo de la Imprenta", "Sala Conde Alto", "Fundación Ibarra"}, {"Café Galdós", "La Chulapa Comedy", "El Sótano"}, {"Recinto Casa de Labor"}}},
	{"Barcelona", &catalan, [houses][]string{
		{"Teatre de la Llotja Nova", "Teatre Montserratina", "Auditori del Clot"}, {"Sala Garbí", "La Nau del Poblenou", "Palau de les Drassanes"}, {"Estadi del Besòs"},
		{"Museu del Port Vell", "Fundació Cadafalch", "Espai Gràcia"}, {"Cafè Tarambana", "La Bodegueta", "El Soterrani"}, {"Parc de la Platja Gran"}}},
	{"València", &catalan, [houses][]string{
		{"Teatre del Túria", "Sala Ruzafa"}, {"La Fàbrica de Gel", "Pavelló de la Marina"}, {"Estadi de l'Horta"},
		{"Museu de la Seda Vella", "Centre l'Almoina"}, {"Cafè de les Hores", "Micro Russafa"}, {"Platja del Cabanyal"}}},
	{"Sevilla", &spanish, [houses][]string{
		{"Teatro Guadaíra", "Teatro de la Alfalfa"}, {"Sala Alameda Baja", "Auditorio Cartujano"}, {"Estadio del Aljarafe"},
		{"Casa de los Azulejos", "Museo del Flamenco Antiguo"}, {"La Carbonería Chica", "Peña El Taranto"}, {"Muelle de las Delicias"}}},
	{"Bilbao", &spanish, [houses][]string{
		{"Teatro Ensanche", "Teatro de la Ribera"}, {"Sala Astilleros", "Pabellón Zorrotza"}, {"Campo de Ibaiondo"}, {"Museo Marítimo de Olabeaga", "Sala Abando"}, {"Kafe Txoria", "Bodega Iturri"}, {"Campa de Kobetas Alto"}}},
	{"Málaga", &spanish, [houses][]string{
		{"Teatro Echegaray Viejo", "Teatro de la Caleta"}, {"Sala Pedregalejo", "Auditorio del Puerto"}, {"Estadio El Limonar"}, {"Museo del Esparto", "Galería Larios"}, {"La Cochinilla", "Café Verdiales"}, {"Recinto Cortijo Alto"}}},
	{"Zaragoza", &spanish, [houses][]string{
		{"Teatro del Coso", "Teatro de las Armas"}, {"Sala Oasis Norte", "Pabellón del Ebro"}, {"Estadio Valdespartera"}, {"Museo de la Harinera", "Patio de la Seo"}, {"El Refugio", "La Campana"}, {"Parque de la Expo Vieja"}}},
	{"A Coruña", &spanish, [houses][]string{
		{"Teatro Rosalía Nuevo", "Teatro Orzán"}, {"Sala Pelícano Azul", "Coliseo de Elviña"}, {"Campo de Riazor Alto"}, {"Casa del Agua", "Museo de la Emigración"}, {"Café Mardigrás", "Garufa Chico"}, {"Monte de San Pedro"}}},
	{"Donostia / San Sebastián", &spanish, [houses][]string{
		{"Teatro Urumea", "Auditorio Zurriola"}, {"Sala Dabadaba Berri", "Frontón Igara"}, {"Campo de Amara"}, {"Museo del Cantábrico", "Sala Aldapeta"}, {"Kafe Itsasoa", "Altxerri Txiki"}, {"Parque de Ulía"}}},
	{"Palma", &catalan, [houses][]string{
		{"Teatre de la Calatrava", "Auditori de Portopí"}, {"Sala Es Molinar", "Velòdrom de Llevant"}, {"Camp de Son Rapinya"}, {"Casal de la Mar", "Fundació Tramuntana"}, {"Cafè Sa Plaça", "Es Gremi Petit"}, {"Parc de la Mar Alta"}}},
	{"Lisboa", &portuguese, [houses][]string{
		{"Teatro da Graça", "Teatro do Rossio Velho"}, {"Sala Alcântara", "Armazém do Tejo"}, {"Estádio da Ajuda"}, {"Museu da Azulejaria", "Galeria Chiado Alto"}, {"Clube do Riso", "Tasca do Fado"}, {"Parque da Bela Encosta"}}},
	{"Porto", &portuguese, [houses][]string{
		{"Teatro da Ribeira", "Coliseu da Foz"}, {"Sala Miragaia", "Armazém 22"}, {"Estádio da Boavista Alta"}, {"Casa do Vinho", "Museu do Elétrico Velho"}, {"Café Âncora", "O Porão"}, {"Parque da Pasteleira"}}},
	{"Paris", &french, [houses][]string{
		{"Théâtre des Deux-Écluses", "Théâtre de la Butte", "Salle Éluard"}, {"La Péniche Rouge", "Halle d'Ivry"}, {"Stade de la Bièvre"}, {"Musée de la Gravure", "Fondation Saint-Ange"}, {"Le Caveau du Rire", "Chez Zélie"}, {"Bois de la Cascade"}}},
	{"Lyon", &french, [houses][]string{
		{"Théâtre des Pentes", "Auditorium de la Saône"}, {"Le Hangar Bleu", "Halle Vaise"}, {"Stade des Brotteaux"}, {"Musée des Canuts", "La Sucrière Vieille"}, {"Le Bouchon Comique", "Café Gerland"}, {"Parc de Miribel Nord"}}},
	{"Berlin", &german, [houses][]string{
		{"Theater am Landwehrufer", "Kammerspiele Moabit", "Konzertsaal Weißensee"}, {"Kesselhaus Wedding", "Halle am Ostkreuz"}, {"Stadion Lichtenfelde"}, {"Museum für Druckkunst", "Galerie Grüntal"}, {"Comedy Küche Kreuzberg", "Kleine Nachtmusik"}, {"Flugfeld Gatow"}}},
	{"München", &german, [houses][]string{
		{"Isartheater", "Theater am Glockenbach"}, {"Ausaal", "Halle Feldmoching"}, {"Stadion an der Würm"}, {"Museum der Fünf Höfe", "Haus der Bücher"}, {"Lachkeller Giesing", "Schwabinger Stüberl"}, {"Seewiese Aubing"}}},
	{"Köln", &german, [houses][]string{
		{"Theater im Severinsviertel", "Schauspiel Ehrenfeld"}, {"Rheinhalle Süd", "Gebäude 12"}, {"Südstadion Poll"}, {"Museum Duftwasser", "Kunsthaus Nippes"}, {"Jeck & Co.", "Kölsche Kleinkunst"}, {"Rheinwiesen Poll"}}},
	{"Wien", &german, [houses][]string{
		{"Theater an der Als", "Kleines Haus Josefstadt"}, {"Arena Erdberg", "Gasometer Ost"}, {"Stadion Hütteldorf"}, {"Museum am Spittelberg", "Kunsthalle Brigittenau"}, {"Kabarett Niedermoser", "Café Größenwahn"}, {"Donauinsel Nord"}}},
	{"London", &english, [houses][]string{
		{"The Tanner's Theatre", "Lavender Row Playhouse", "Kingsbridge Hall"}, {"The Boiler Shop", "Deptford Yard"}, {"Marsh Lane"}, {"Museum of Signs", "Whitecross Gallery"}, {"The Laughing Heron", "Up the Stairs"}, {"Beckton Fields"}}},
	{"Dublin", &english, [houses][]string{
		{"The Liberty Theatre", "Stoneybatter Playhouse"}, {"The Cooperage", "Liffey Shed"}, {"Harbour Park"}, {"The Printworks Museum", "Coombe Gallery"}, {"The Craic Den", "Cellar Bar"}, {"Royal Meadow"}}},
	{"Milano", &italian, [houses][]string{
		{"Teatro dei Navigli", "Teatro Porta Vecchia"}, {"Fabbrica Bovisa", "Circolo Lambrate"}, {"Stadio della Martesana"}, {"Museo della Stampa", "Galleria Brera Nuova"}, {"Cabaret Civetta", "Osteria del Comico"}, {"Parco Forlanini Est"}}},
	{"Roma", &italian, [houses][]string{
		{"Teatro di Trastevere Vecchio", "Teatro Aventino"}, {"Ex Mattatoio 9", "Sala Ostiense"}, {"Stadio dei Pini"}, {"Museo delle Mura Antiche", "Palazzo Santacroce"}, {"Cantina Satiri", "Lo Stanzone"}, {"Capannelle Sud"}}},
}

// lots are the indices of places, each as often as its weight: the provider is from Spain, and sells abroad too.
var lots = func() (out []int64) {
	for i, p := range places {
		times := 1
		switch {
		case p.city == "Madrid" || p.city == "Barcelona":
			times = 7
		case p.tongue == &spanish || p.tongue == &catalan:
			times = 3
		}
		for range times {
			out = append(out, int64(i))
		}
	}
	return out
}()
