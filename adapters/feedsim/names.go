package feedsim

// People, bands and clubs. None of them exists, as far as anybody knows; the combinations of first and last
// names stay within one language so that they could.

var people = []struct{ first, last []string }{
	{ // Spanish
		[]string{"Ángela", "Rocío", "Íñigo", "Lucía", "Joaquín", "Begoña", "Martín", "Azucena", "Germán", "Inés", "Óscar", "Soledad", "Nicolás", "Maravillas"},
		[]string{"Ibáñez", "Peñalver", "Quiroga", "del Olmo", "Zúñiga", "Montoya Vargas", "Arrabal", "Cifuentes", "Ordóñez", "Valdés Ríos", "Güell", "Escudero", "Briones", "Larrañaga"}},
	{ // Catalan
		[]string{"Núria", "Oriol", "Mercè", "Jordi", "Aïna", "Gerard", "Laia", "Quim", "Montse", "Arnau", "Íngrid", "Roger"},
		[]string{"Balaguer", "Puigdollers", "Casadellà", "Fontseré", "Vilanova", "Roig i Soler", "Gallissà", "Pallarès", "Sunyol", "Muntané", "Bofarull", "Carbó"}},
	{ // German
		[]string{"Jürgen", "Käthe", "Björn", "Liesl", "Matthäus", "Anneliese", "Götz", "Franziska", "Rüdiger", "Änne", "Uli", "Hannelore"},
		[]string{"Weiß", "Grünewald", "Kößler", "Brandstätter", "von Hülsen", "Mühlbauer", "Schönfeld", "Tiefenbach", "Vößing", "Krähwinkel", "Oberländer", "Zöllner"}},
	{ // French
		[]string{"Ségolène", "Aurélien", "Maëlle", "Loïc", "Zoé", "François-Xavier", "Héloïse", "Théo", "Inès", "Gaëtan"},
		[]string{"Marchais", "Lefébure", "d'Aubigny", "Béranger", "Sauvageot", "Pâquet", "Delacourt", "Noël", "Château", "Riquier"}},
	{ // Portuguese
		[]string{"Inês", "João", "Conceição", "Gonçalo", "Luísa", "Simão", "Mafalda", "Tomé"},
		[]string{"Brandão", "Sequeira", "Magalhães", "da Fonseca", "Valadão", "Quintão", "Pimenta", "Falcão"}},
	{ // Italian
		[]string{"Niccolò", "Fiammetta", "Ginevra", "Saverio", "Ludovica", "Ruggero", "Noemi", "Tancredi"},
		[]string{"Bellincioni", "Cantù", "dell'Orto", "Scarlattini", "Marangòn", "Tagliabue", "Pastorelli", "Fioràvanti"}},
	{ // English and Irish
		[]string{"Siobhán", "Rory", "Imogen", "Declan", "Zadie", "Alasdair", "Saoirse", "Percy", "Maisie", "Eoin"},
		[]string{"O'Rafferty", "Hargreaves", "Blythe", "Mac Giolla", "Winterbourne", "Ó Dálaigh", "Ashdown", "Penhaligon", "Ferris", "Crowhurst"}},
	{ // Nordic
		[]string{"Søren", "Åsa", "Ólafur", "Sigríður", "Jørn", "Märta", "Þóra", "Eivør"},
		[]string{"Østergaard", "Bjarnason", "Lindström", "Håkansson", "Nygård", "Jónsdóttir", "Kjær", "Sjöberg"}},
	{ // Polish and Czech
		[]string{"Łukasz", "Zofia", "Wojciech", "Małgorzata", "Jiří", "Božena", "Stanisław", "Růžena"},
		[]string{"Wójcik", "Żurawski", "Gołębiewska", "Dvořáček", "Šťastný", "Kołodziej", "Přibyl", "Źrebiec"}},
	{ // Turkish
		[]string{"Gülşen", "Ömer", "İpek", "Çağlar", "Şebnem"},
		[]string{"Yıldız", "Şahin", "Özgür", "Kılıç", "Gündoğdu"}},
	{ // Greek
		[]string{"Ελένη", "Χλόη", "Ιωάννα"},
		[]string{"Παπαδάκη", "Θεοδωρίδου", "Αγγελοπούλου"}},
	{ // Romanian
		[]string{"Ștefan", "Ioana", "Mădălina", "Răzvan"},
		[]string{"Bănescu", "Țurcanu", "Vrânceanu", "Știrbei"}},
}

var bandHeads = []string{
	"Los Vencejos", "Las Mareas", "Los Faroleros", "Marea Baja", "La Orquesta Invisible", "Niño Cometa", "Els Vents", "La Banda del Far", "Gats Salvatges",
	"Die Seefahrer", "Nachtbus 17", "Zwölf Uhr Mittag", "Les Étoiles Filantes", "Café Noisette", "Petit Orage", "Os Navegantes", "Maré Alta",
	"I Gatti Randagi", "Luna Storta", "The Paper Lanterns", "Velvet Harbour", "Ghost Tram", "Brass & Bones", "Motörkatt", "Blå Timme", "Żółty Rower", "Sigur Vindur",
	"Trío Calambre", "Cuarteto Ñandú", "Perro Andaluz Club", "Sonora Bahía", "Ciudad Paraíso", "Hermanas Ventura", "Kalea Soinu",
}

var bandTails = []string{"", "", "", "", "", " Quartet", " & Friends", " Big Band", " Trio", " Sound System"}

var orchestras = []string{
	"Orquesta Sinfónica del Guadalquivir", "Orquestra de Cambra de Gràcia", "Kammerphilharmonie Weißensee", "Ensemble Les Heures Bleues", "Orquestra do Tejo",
	"Orchestra da Camera dei Navigli", "Kingsbridge Sinfonia", "Coro y Orquesta de la Ribera", "Quartett Grünewald", "Capella de Sant Pau", "Orfeó del Besòs", "Filharmonia Wiślana",
}

var works = []string{
	"Beethoven: Sinfonía n.º 9", "Mozart: Requiem", "J. S. Bach: Matthäus-Passion", "Vivaldi: Le quattro stagioni", "Händel: Messiah", "Dvořák: Symfonie č. 9 «Z Nového světa»", "Fauré: Requiem",
	"Falla: El amor brujo", "Rodrigo: Concierto de Aranjuez", "Brahms: Ein deutsches Requiem", "Mahler: Sinfonía n.º 5", "Debussy: La mer",
	"Tchaikovsky: El lago de los cisnes", "Saint-Saëns: Le carnaval des animaux", "Rossini: Il barbiere di Siviglia", "Bizet: Carmen", "Verdi: La traviata",
	"Puccini: La bohème", "Mozart: Die Zauberflöte", "Grieg: Peer Gynt", "Sibelius: Finlandia", "Monteverdi: Vespro della Beata Vergine",
}

var companies = []string{
	"Compañía La Encina", "Teatro del Farol", "Companyia La Teranyina", "Els Rodamons", "Ensemble Kaltstart", "Truppe Sonnenallee", "Compagnie du Réverbère", "Companhia Chão de Estrelas",
	"Compagnia dei Matti", "The Barn Owl Players", "Cía. Ñ", "Tercera Llamada",
}

var characters = []string{
	"Pinocho", "Alicia", "El gato con botas", "Pulgarcito", "Peter Pan", "La Caputxeta", "El soldadito de plomo", "Hänsel und Gretel", "Der kleine Muck", "Le Petit Poucet", "Cenerentola",
	"Robin Hood", "Simbad", "Don Quijote", "La ratita presumida", "Frau Holle", "El patufet", "Heidi", "O Gato das Botas", "Mowgli",
}

var painters = []string{
	"Goya", "Velázquez", "Sorolla", "Zurbarán", "El Greco", "Ramon Casas", "Rusiñol", "Van Gogh", "Monet", "Toulouse-Lautrec", "Klimt", "Dürer", "Caspar David Friedrich", "Artemisia Gentileschi", "Turner", "Vermeer", "Hokusai",
	"Berthe Morisot", "Paula Modersohn-Becker", "Hilma af Klint",
}

// Clubs, by country: at home one plays in a league.
var (
	spanishClubs = []string{"CD Montjardí", "UE Vall d'Or", "Atlético Ribera", "Real Unión del Duero", "CF Peñascal", "Deportivo Almadraba", "SD Orozketa", "Racing de Ulía", "CE Sant Pau", "CD Torrealta",
		"UD Medina Norte", "Celta de Arousa", "Real Olmedilla", "Mérida Balompié Viejo", "CF Son Rapinya", "Unión Ibaiondo"}
	germanClubs     = []string{"SV Grünfeld 07", "FC Weißenbach", "TSV Königsau", "Rot-Weiß Oderthal", "Viktoria Lichtenfelde Süd", "FSV Höhenried", "SC Poll 1911", "Blau-Gelb Aubing"}
	frenchClubs     = []string{"AS Saint-Rémy", "Olympique des Monts", "US Pontivières", "FC Bièvre", "Étoile de Vaise", "Racing Brotteaux"}
	portugueseClubs = []string{"Sporting da Ribeira", "SC Água Clara", "Académico do Vale", "União da Ajuda", "CF Pasteleira", "Desportivo da Foz"}
	italianClubs    = []string{"US Montefalco", "AC Valdorso", "Pro Martesana", "Virtus Ostia Antica", "SS Pineta", "Aurora Lambrate"}
	englishClubs    = []string{"Marsh Lane Rovers", "Kingsbridge Athletic", "Harbour Celtic", "Deptford Wanderers", "Saltmarsh Town", "Whitecross United"}
)

// Recitals are for one piano.
var recitals = []string{
	"Chopin: Nocturnes", "Albéniz: Suite Iberia", "Debussy: Préludes", "Satie: Gymnopédies", "J. S. Bach: Goldberg-Variationen", "Schubert: Impromptus", "Mompou: Música callada", "Granados: Goyescas", "Janáček: Po zarostlém chodníčku",
}

// Fables are for a first visit to a concert.
var fables = []string{
	"El carnaval de los animales", "Pedro y el lobo", "Der Nussknacker", "Le quattro stagioni", "Die Zauberflöte", "Ma mère l'Oye", "Peer Gynt",
}
